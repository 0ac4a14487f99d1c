// The host's page: quizzes to write, sessions to run.

import { Confirmations } from "../confirm.js";
import { openPage } from "../page.js";
import { useRoute } from "../route.js";
import { t } from "../text.js";
import { html } from "../../vendor/preact.js";
import { useAccount, Welcome } from "./account.js";
import { Editor } from "./editor.js";
import { Header } from "./header.js";
import { Quizzes } from "./quizzes.js";
import { Sessions } from "./sessions.js";
import { SessionPage } from "./session-page.js";

function Host() {
  const account = useAccount();
  const [place = "quizzes", id = null, part = null] = useRoute();
  if (account.user === undefined) return html`<${Header} account=${account} /><div class="booting"></div>`;
  if (account.user === null) return html`<${Header} account=${account} /><${Welcome} />`;
  const tabs = [["#/quizzes", t("host.quizzes"), place === "quizzes"], ["#/sessions", t("host.sessions"), place === "sessions"]];
  if (account.user.role === "admin") tabs.push(["/admin", t("host.admin"), false]);
  return html`
    <${Header} account=${account} tabs=${tabs} />
    ${place === "sessions"
      ? id
        ? html`<${SessionPage} key=${id} id=${id} part=${part} />`
        : html`<${Sessions} />`
      : id
        ? html`<${Editor} key=${id} id=${id} />`
        : html`<${Quizzes} account=${account} />`}
    <${Confirmations} />
  `;
}

openPage(Host, "host");
