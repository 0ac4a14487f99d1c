// The admins' page: users, running sessions, queues, dead letters.

import { Confirmations } from "../confirm.js";
import { useAccount, Welcome } from "../host/account.js";
import { Header } from "../host/header.js";
import { openPage } from "../page.js";
import { useRoute } from "../route.js";
import { t } from "../text.js";
import { html } from "../../vendor/preact.js";
import { DeadLetters } from "./dead-letters.js";
import { Queues } from "./queues.js";
import { RunningSessions } from "./running-sessions.js";
import { Users } from "./users.js";

const PLACES = { users: Users, sessions: RunningSessions, queues: Queues, "dead-letters": DeadLetters };

function Admin() {
  const account = useAccount();
  const [place = "users", id = null] = useRoute();
  const View = PLACES[place] ?? Users;
  const isAdmin = account.user?.role === "admin";
  const places = [["users", t("admin.users")], ["sessions", t("admin.sessions")], ["queues", t("admin.queues")], ["dead-letters", t("admin.dead_letters")]];
  const tabs = [...places.map(([name, text]) => [`#/${name}`, text, place === name]), ["/host", t("host.quizzes"), false]];
  return html`
    <${Header} account=${account} home="/admin" tabs=${isAdmin ? tabs : []} />
    ${account.user === undefined
      ? html`<div class="booting"></div>`
      : account.user === null
        ? html`<${Welcome} canRegister=${false} />`
        : isAdmin
          ? html`<${View} key=${place} id=${id} me=${account.user} />`
          : html`<${NotYou} />`}
    <${Confirmations} />
  `;
}

function NotYou() {
  return html`
    <main class="centre">
      <h1>${t("admin.only_admins")}</h1>
      <p class="muted">${t("admin.only_admins_text")}</p>
      <a class="button" href="/host">${t("host.quizzes")}</a>
    </main>
  `;
}

openPage(Admin, "host", "admin");
