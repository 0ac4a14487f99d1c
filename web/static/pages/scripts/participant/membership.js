// In which sessions this browser is a participant: what lets it come back after a reload.

import { post } from "../api.js";
import { recall, remember, remembered } from "../storage.js";
import { socketUrl } from "../use-session.js";

const PREFIX = "member.";
const KEPT = 5;
const CODE_FILLERS = /[\s-]/g;

/** `482 913` and `482-913` are 482913. */
export function plainCode(code) {
  return code.replace(CODE_FILLERS, "");
}

/** Join the session behind `code`; the membership is kept. Throws Problem. */
export async function join(code, nickname) {
  const device = recall("device");
  const body = { ...(nickname ? { nickname } : {}), ...(device ? { device_token: device } : {}) };
  const joined = await post(`/users/quizzes/${encodeURIComponent(code)}/join`, body);
  remember("device", joined.device_token);
  if (nickname) remember("nickname", nickname);
  const membership = {
    code,
    sessionId: joined.session_id,
    participantId: joined.participant_id,
    nickname: joined.nickname,
    resumeToken: joined.resume_token,
    wsUrl: socketUrl(joined.ws_url),
    joinedAt: Date.now(),
  };
  keep(membership);
  forgetOldest();
  return membership;
}

/** The membership under `code`, or null. */
export function membershipOf(code) {
  return recall(PREFIX + code);
}

/** Keep what has changed. */
export function keep(membership) {
  remember(PREFIX + membership.code, membership);
}

/** Forget it: the server does not know it any more. */
export function forget(code) {
  remember(PREFIX + code, null);
}

/** Memberships of sessions that may still run, the newest first. */
export function openMemberships() {
  return all().filter((membership) => !membership.over);
}

function all() {
  return remembered(PREFIX)
    .map(recall)
    .filter((membership) => membership?.code)
    .sort((a, b) => b.joinedAt - a.joinedAt);
}

function forgetOldest() {
  for (const membership of all().slice(KEPT)) forget(membership.code);
}
