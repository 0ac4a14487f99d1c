// The host's page: quizzes to write, sessions to run.

import { Confirmations } from "../confirm.js";
import { openPage } from "../page.js";
import { useRoute } from "../route.js";
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
  if (account.user === null) return html`<${Header} account=${account} /><${Welcome} account=${account} />`;
  return html`
    <${Header} account=${account} place=${place} />
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
