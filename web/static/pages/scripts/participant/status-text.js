// What became of an answer, in words.

import { t } from "../text.js";

/** Text for the `status` of an own answer. */
export function statusText(answer) {
  const texts = {
    sending: t("play.sending"),
    accepted: t("play.accepted"),
    duplicate: t("play.duplicate", { option: answer.option ?? "" }),
    late: t("play.late"),
    closed: t("play.late"),
    unknown_question: t("play.refused"),
    refused: t("play.refused"),
  };
  return texts[answer.status];
}
