// The head of the page: where one is, who one is.

import { Brand } from "../brand.js";
import { Preferences } from "../preferences.js";
import { t } from "../text.js";
import { html } from "../../vendor/preact.js";

const MANY = 3; // tabs that have room beside a name on a tablet

/** `tabs` are `[address, text, isHere]`; there are none for whoever has not come in yet, or may not. */
export function Header({ account, home = "/host", tabs = [] }) {
  return html`
    <header class="bar desk-bar ${account.user ? "is-in" : ""}">
      <${Brand} href=${home} />
      ${tabs.length > 0 &&
      html`
        <nav class="tabs ${tabs.length > MANY ? "tabs-many" : ""}" aria-label=${t("host.places")}>
          ${tabs.map(([address, text, isHere]) => html`<a class="tab" key=${address} href=${address} aria-current=${isHere ? "page" : null}>${text}</a>`)}
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
