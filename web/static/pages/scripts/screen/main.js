// The screen's page.

import { Brand } from "../brand.js";
import { openPage } from "../page.js";
import { Preferences } from "../preferences.js";
import { html } from "../../vendor/preact.js";

function Screen() {
  return html`<header class="bar"><${Brand} href="/" /><${Preferences} /></header>`;
}

openPage(Screen);
