// What the screen shows when.

import { post } from "../api.js";
import { Connection } from "../connection.js";
import { useCountdown } from "../phases.js";
import { t } from "../text.js";
import { socketUrl, useSession } from "../use-session.js";
import { html } from "../../vendor/preact.js";
import { Bar } from "./bar.js";
import { Finale } from "./finale.js";
import { GetReady } from "./get-ready.js";
import { Lobby } from "./lobby.js";
import { Question } from "./question.js";
import { Reveal } from "./reveal.js";

/** `session` as REST has it: for the join code, which the socket does not tell. */
export function Stage({ session }) {
  const where = async () => {
    const { ticket, ws_url } = await post(`/sessions/${session.id}/tickets`, { role: "screen" });
    return { url: socketUrl(ws_url), hello: { ticket } };
  };
  const [state, , socket] = useSession(session.id, where);
  const counting = useCountdown(state, socket);
  const stopped = state.status.status === "stopped" && state.phase !== "ended";
  return html`
    <${Connection} status=${state.status} onRetry=${() => socket.connect()} />
    <${Bar} session=${session} state=${state} />
    ${state.paused && html`<p class="screen-paused" role="status">${t("screen.paused")}</p>`}
    ${stopped
      ? html`<main class="centre"><h1>${stoppedText(state.status)}</h1></main>`
      : html`<${view(state, counting)} session=${session} state=${state} socket=${socket} />`}
  `;
}

function view(state, counting) {
  if (state.phase === null) return Waiting;
  if (state.phase === "ended") return Finale;
  if (counting) return GetReady;
  if (state.phase === "lobby") return Lobby;
  if (state.question && !state.closed) return Question;
  return Reveal;
}

function Waiting() {
  return html`<div class="booting"></div>`;
}

function stoppedText({ reason }) {
  if (reason === "forbidden") return t("screen.forbidden");
  return t("screen.stopped");
}
