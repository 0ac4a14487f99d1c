// The host's page.

import { Brand } from "../brand.js";
import { openPage } from "../page.js";
import { Preferences } from "../preferences.js";
import { html } from "../../vendor/preact.js";

function Host() {
  return html`<header class="bar"><${Brand} href="/host" /><${Preferences} /></header>`;
}

openPage(Host);
