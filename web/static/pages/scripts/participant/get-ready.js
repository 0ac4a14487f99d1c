// The last seconds before a question.

import { nextNumber } from "../phases.js";
import { t } from "../text.js";
import { Countdown } from "../timer.js";
import { html } from "../../vendor/preact.js";

export function GetReady({ state, socket }) {
  return html`
    <main class="centre get-ready">
      <h1>${t("play.ready", { number: nextNumber(state) })}</h1>
      <${Countdown} until=${state.nextAt} now=${() => socket.now()} />
    </main>
  `;
}
