// Waiting for the start.

import { Brand } from "../brand.js";
import { Preferences } from "../preferences.js";
import { ownEntry } from "../session-state.js";
import { Shapes } from "../shapes.js";
import { t } from "../text.js";
import { Countdown } from "../timer.js";
import { html } from "../../vendor/preact.js";

export function Lobby({ state, socket, membership }) {
  const { session, nextAt, phase, paused } = state;
  return html`
    <header class="bar"><${Brand} /><${Preferences} /></header>
    <main class="centre lobby">
      ${phase === null
        ? html`<div class="booting" aria-hidden="true"></div><h1>${t("lobby.entering")}</h1>`
        : html`
            <p class="lobby-quiz" dir="auto">${session.title}</p>
            <h1>${t("lobby.in")}</h1>
            <p class="lobby-name" dir="auto">${ownEntry(state)?.nickname ?? membership.nickname}</p>
            ${paused && html`<p class="note note-warn">${t("play.paused")}</p>`}
            ${nextAt === null
              ? html`<p class="muted lobby-wait">${t("lobby.wait")}<span class="dots" aria-hidden="true"><i></i><i></i><i></i></span></p>`
              : html`<p class="muted">${t("lobby.starts_in")}</p><${Countdown} until=${nextAt} now=${() => socket.now()} />`}
            <${Shapes} />
            <p class="pill">${t("lobby.joined", { count: state.board.entries.size })}</p>
          `}
    </main>
  `;
}
