// The admins' page.

import { Brand } from "../brand.js";
import { openPage } from "../page.js";
import { Preferences } from "../preferences.js";
import { html } from "../../vendor/preact.js";

function Admin() {
  return html`<header class="bar"><${Brand} href="/admin" /><${Preferences} /></header>`;
}

openPage(Admin);
