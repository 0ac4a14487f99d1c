// The head of the page: where one is, who one is.

import { Brand } from "../brand.js";
import { Preferences } from "../preferences.js";
import { t } from "../text.js";
import { html } from "../../vendor/preact.js";

/** `place` is null for whoever has not come in yet. */
export function Header({ account, place = null }) {
  return html`
    <header class="bar desk-bar">
      <${Brand} href="/host" />
      ${place !== null &&
      html`
        <nav class="tabs" aria-label=${t("host.places")}>
          <a class="tab" href="#/quizzes" aria-current=${place === "quizzes" ? "page" : null}>${t("host.quizzes")}</a>
          <a class="tab" href="#/sessions" aria-current=${place === "sessions" ? "page" : null}>${t("host.sessions")}</a>
          ${account.user.role === "admin" && html`<a class="tab" href="/admin">${t("host.admin")}</a>`}
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
