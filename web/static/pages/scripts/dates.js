// Dates and times in the reader's language.

import { currentLanguage } from "./text.js";

/** 27 Nov 2026, 09:15. `time` as the API writes it. */
export function formatTime(time) {
  return new Date(time).toLocaleString(currentLanguage(), { dateStyle: "medium", timeStyle: "short" });
}

/** 27 Nov 2026. */
export function formatDate(time) {
  return new Date(time).toLocaleDateString(currentLanguage(), { dateStyle: "medium" });
}
