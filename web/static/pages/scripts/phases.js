// What the clock says between two questions, in timed pacing.

import { useTick } from "./controls.js";

/** Whether the last seconds before the next question are running; renders again as time goes on. */
export function useCountdown(state, socket) {
  const { nextAt, paused, session, phase, question } = state;
  const waiting = nextAt !== null && !paused && session?.pacing === "timed";
  useTick(200, waiting);
  const isLast = phase === "closed" && question !== null && question.index + 1 === question.total;
  if (!waiting || isLast) return false;
  return nextAt - socket.now() <= (session.timing?.countdown_s ?? 0) * 1000;
}

/** The number of the question that comes next. */
export function nextNumber(state) {
  return (state.question?.index ?? state.session.question_index ?? -1) + 2;
}
