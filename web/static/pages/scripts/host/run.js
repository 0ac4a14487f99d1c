// A session that runs, in its host's hands.

import { post } from "../api.js";
import { Connection } from "../connection.js";
import { useCountdown } from "../phases.js";
import { recall, remember } from "../storage.js";
import { t } from "../text.js";
import { socketUrl, useSession } from "../use-session.js";
import { html, useLayoutEffect, useRef } from "../../vendor/preact.js";
import { attempt } from "./attempt.js";
import { Commands } from "./commands.js";
import { Lobby } from "./lobby.js";
import { People } from "./people.js";
import { Outcome, Over, Question, Waiting } from "./stages.js";
import { Top } from "./top.js";

/** `session` as REST has it. */
export function Run({ session }) {
  const where = async () => {
    const { ticket, ws_url } = await post(`/sessions/${session.id}/tickets`, { role: "host" });
    return { url: socketUrl(ws_url), hello: { ticket } };
  };
  const memory = `asked.${session.id}`;
  const [state, , socket] = useSession(session.id, where, { asked: recall(memory) ?? {} });
  const counting = useCountdown(state, socket);
  useLayoutEffect(() => {
    // So that a reload, however soon, finds the last question again; it is not needed when the session is over.
    if (state.session) remember(memory, state.phase === "ended" ? null : state.asked);
  }, [state.asked, state.session, state.phase]);
  const command = useCommand(session.id, state);
  // A long list of participants may have been scrolled: what is new is at the top.
  useLayoutEffect(() => {
    window.scrollTo(0, 0);
  }, [state.phase, state.question?.question_id, counting]);
  if (state.status.status === "stopped" && state.phase !== "ended") {
    return html`<main class="centre"><h1>${state.status.reason === "forbidden" ? t("host.not_yours") : t("host.stopped")}</h1></main>`;
  }
  if (state.session === null || state.phase === null) {
    return html`<${Connection} status=${state.status} onRetry=${() => socket.connect()} /><div class="booting"></div>`;
  }
  const View = view(state, counting);
  return html`
    <${Connection} status=${state.status} onRetry=${() => socket.connect()} />
    <main class="run">
      <${Top} session=${session} state=${state} command=${command} />
      <div class="run-parts">
        <div class="run-stage"><${View} session=${session} state=${state} socket=${socket} /></div>
        <${People} session=${session} state=${state} />
      </div>
      ${state.phase !== "ended" && html`<${Commands} state=${state} socket=${socket} counting=${counting} command=${command} />`}
    </main>
  `;
}

function view(state, counting) {
  if (state.phase === "ended") return Over;
  if (counting) return Waiting;
  if (state.phase === "lobby") return Lobby;
  if (state.session.pacing === "self") return Lobby;
  if (state.question && !state.closed) return Question;
  return Outcome;
}

/**
 * `command(name, fields)` has it carried out after those before it, and resolves to whether it was. It is refused when the
 * session has moved on since what is shown here: another device may have been faster, and no question must be skipped.
 */
function useCommand(sessionId, state) {
  const known = useRef(0);
  const before = useRef(Promise.resolve());
  known.current = Math.max(known.current, state.version);
  return (name, fields = {}) => {
    const done = before.current.then(() =>
      attempt(async () => {
        const reply = await post(`/sessions/${sessionId}/${name}`, { ...fields, expected_version: known.current });
        known.current = Math.max(known.current, reply.version);
        return true;
      }),
    );
    before.current = done.catch(() => null);
    return done;
  };
}
