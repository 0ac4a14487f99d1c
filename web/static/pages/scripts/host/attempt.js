// Doing what may be refused.

import { Problem } from "../api.js";
import { notify, problemText } from "../notices.js";
import { t } from "../text.js";

/** What `what()` resolves to; when it is refused, undefined, and the page says why. */
export async function attempt(what) {
  try {
    return await what();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    notify(refusal(problem), "error");
    return undefined;
  }
}

/** A problem in a host's words. */
export function refusal(problem) {
  const known = {
    host_role_needed: t("host.role_needed"),
    quiz_empty: t("host.quiz_empty"),
    precondition_failed: t("host.changed_elsewhere"),
    version_conflict: t("host.moved_on_elsewhere"),
    session_paused: t("host.is_paused"),
    no_open_question: t("host.no_open_question"),
    nothing_to_extend: t("host.nothing_to_extend"),
    nothing_to_import: t("host.nothing_to_import"),
    unreadable_file: t("host.unreadable_file"),
    payload_too_large: t("host.too_large"),
    unsupported_picture: t("host.no_picture"),
    picture_damaged: t("host.no_picture"),
    picture_too_many_pixels: t("host.too_large"),
    picture_quota_exceeded: t("host.quota"),
    nickname_taken: t("host.nickname_taken"),
    nickname_invalid: t("host.nickname_refused"),
    nickname_not_allowed: t("host.nickname_refused"),
    quiz_in_session: t("host.in_session"),
    not_found: t("host.gone"),
  };
  return known[problem.code] ?? problemText(problem);
}
