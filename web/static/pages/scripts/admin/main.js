// The admins' page: users, running sessions, queues, dead letters.

import { Brand } from "../brand.js";
import { Confirmations } from "../confirm.js";
import { useAccount, Welcome } from "../host/account.js";
import { openPage } from "../page.js";
import { Preferences } from "../preferences.js";
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
  return html`
    <${Header} account=${account} place=${place} />
    ${account.user === undefined
      ? html`<div class="booting"></div>`
      : account.user === null
        ? html`<${Welcome} canRegister=${false} />`
        : account.user.role === "admin"
          ? html`<${View} key=${place} id=${id} me=${account.user} />`
          : html`<${NotYou} />`}
    <${Confirmations} />
  `;
}

function Header({ account, place }) {
  const isAdmin = account.user?.role === "admin";
  const tabs = [["users", t("admin.users")], ["sessions", t("admin.sessions")], ["queues", t("admin.queues")], ["dead-letters", t("admin.dead_letters")]];
  return html`
    <header class="bar desk-bar">
      <${Brand} href="/admin" />
      ${isAdmin &&
      html`
        <nav class="tabs" aria-label=${t("host.places")}>
          ${tabs.map(([name, text]) => html`<a class="tab" key=${name} href="#/${name}" aria-current=${place === name ? "page" : null}>${text}</a>`)}
          <a class="tab" href="/host">${t("host.quizzes")}</a>
        </nav>
      `}
      <div class="desk-person">
        ${account.user && html`<span class="desk-name" dir="auto">${account.user.display_name}</span>`}
        ${account.user && html`<button type="button" class="switch" onClick=${account.leave}>${t("host.logout")}</button>`}
        <${Preferences} />
      </div>
    </header>
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
