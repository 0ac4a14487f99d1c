// The edge of the screen: the quiz, and how to come in while it runs.

import { Brand } from "../brand.js";
import { spaced } from "../codes.js";
import { Preferences } from "../preferences.js";
import { t } from "../text.js";
import { html } from "../../vendor/preact.js";

export function Bar({ session, state }) {
  const running = state.phase !== null && state.phase !== "lobby" && state.phase !== "ended";
  return html`
    <header class="bar screen-bar">
      <${Brand} href="/host" />
      <span class="screen-title" dir="auto">${state.session?.title}</span>
      ${running && !state.locked && html`<span class="screen-code number" aria-label=${t("screen.code")}>${spaced(session.join_code)}</span>`}
      <${Preferences} />
    </header>
  `;
}
