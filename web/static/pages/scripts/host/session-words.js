// How sessions are called.

import { t } from "../text.js";

/** Where a session of the API stands. */
export function sessionStateText({ state, question_index, question_count, paused, pacing }) {
  if (state === "ended") return t("host.state_ended");
  if (paused) return t("host.state_paused");
  if (state === "lobby") return t("host.state_lobby");
  if (pacing === "self") return t("host.state_self");
  return t("host.state_question", { number: question_index + 1, total: question_count });
}

/** Who sets the pace of a session, said of it. */
export function paceText(pacing) {
  return { host: t("host.pace_host"), timed: t("host.pace_timed"), self: t("host.pace_self") }[pacing];
}

/** Who sets the pace, as a choice. */
export function pacingText(pacing) {
  return { host: t("host.pacing_host"), timed: t("host.pacing_timed"), self: t("host.pacing_self") }[pacing];
}
