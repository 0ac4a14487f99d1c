// How to come in. In self pacing this stays: everybody is at their own question.

import { spaced } from "../codes.js";
import { formatNumber, t } from "../text.js";
import { Countdown } from "../timer.js";
import { Standings } from "../standings.js";
import { html } from "../../vendor/preact.js";

export function Lobby({ session, state, socket }) {
  const self = state.session.pacing === "self";
  const joined = state.board.entries.size;
  return html`
    <section class="card host-lobby">
      <img class="host-qr" src="/sessions/${session.id}/qr.svg" width="220" height="220" alt=${t("host.qr")} />
      <div class="stack">
        <p>${t("host.join_at")} <strong>${location.host}</strong></p>
        <p class="host-code number">${spaced(session.join_code)}</p>
        <p class="host-joined" role="status"><strong class="number">${formatNumber(joined)}</strong> ${t("host.joined", { count: joined })}</p>
        ${state.nextAt !== null && html`<p>${t("host.starts_in")} <${Countdown} until=${state.nextAt} now=${() => socket.now()} /></p>`}
        ${self && html`<p class="muted">${t("host.self_text")}</p>`}
      </div>
    </section>
    ${self &&
    joined > 0 &&
    html`
      <section class="card">
        <h2>${t("common.standings")}</h2>
        <${Standings} entries=${state.board.ranked()} top=${10} />
      </section>
    `}
  `;
}
