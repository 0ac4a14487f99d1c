// The time that is left, as a bar or a ring. The number is what counts; the shape is for a glance.

import { html, useEffect, useRef } from "../vendor/preact.js";
import { useTick } from "./controls.js";
import { announce } from "./notices.js";
import { t } from "./text.js";

const ANNOUNCED_S = [30, 10, 5];
const RING = 2 * Math.PI * 45;

/**
 * Seconds until `until` by the server's clock, and the part of the whole that is left (0 to 1).
 * While time stands still `until` is null, and `remainingMs` is what is left.
 */
function useTimeLeft({ until, wholeMs, remainingMs = null, now }) {
  useTick(200, until !== null);
  const leftMs = Math.max(0, until === null ? remainingMs : until - now());
  return { seconds: Math.ceil(leftMs / 1000), part: Math.min(1, leftMs / Math.max(1, wholeMs ?? leftMs)) };
}

/** What the timers want to know of an open question; null when it has no time limit. */
export function timesOf({ question, remainingMs }, socket) {
  if (question.closes_at === null && remainingMs === null) return null;
  return { until: question.closes_at, wholeMs: question.whole_ms, remainingMs, now: () => socket.now() };
}

/** A bar across the page that gets shorter, with the seconds. */
export function TimerBar(times) {
  const { seconds, part } = useTimeLeft(times);
  useAnnouncements(seconds, times);
  return html`
    <div class="timer ${seconds <= 5 ? "timer-urgent" : ""}" role="timer" aria-label=${t("common.seconds_left", { count: seconds })}>
      <div class="timer-track"><div class="timer-fill" style=${{ transform: `scaleX(${part})` }}></div></div>
      <span class="timer-seconds number" aria-hidden="true">${seconds}</span>
    </div>
  `;
}

/** A ring around the seconds. */
export function TimerRing(times) {
  const { seconds, part } = useTimeLeft(times);
  return html`
    <div class="ring ${seconds <= 5 ? "timer-urgent" : ""}" role="timer" aria-label=${t("common.seconds_left", { count: seconds })}>
      <svg viewBox="0 0 100 100" aria-hidden="true">
        <circle class="ring-track" cx="50" cy="50" r="45" />
        <circle class="ring-fill" cx="50" cy="50" r="45" stroke-dasharray=${RING} stroke-dashoffset=${RING * (1 - part)} />
      </svg>
      <span class="number" aria-hidden="true">${seconds}</span>
    </div>
  `;
}

/** The seconds alone, large: until something begins. */
export function Countdown(times) {
  const { seconds } = useTimeLeft(times);
  return html`<span class="countdown number" role="timer" key=${seconds}>${seconds}</span>`;
}

function useAnnouncements(seconds, { until, wholeMs }) {
  const said = useRef(null);
  useEffect(() => {
    if (until === null || said.current === seconds || !ANNOUNCED_S.includes(seconds) || seconds * 1000 >= wholeMs) return;
    said.current = seconds;
    announce(t("common.seconds_left", { count: seconds }));
  }, [seconds]);
}
