// Which sessions this browser runs. Another device may watch over a session too, but only once somebody has said so.

import { recall, remember } from "../storage.js";

const NAME = "hosting";
const KEPT = 50;

/** From now on this browser runs the session. */
export function takeOver(sessionId) {
  remember(NAME, [sessionId, ...known().filter((id) => id !== sessionId)].slice(0, KEPT));
}

/** Whether it does already. */
export function isHostedHere(sessionId) {
  return known().includes(sessionId);
}

function known() {
  return recall(NAME) ?? [];
}
