// After a question: what was right, what it brought, and how everybody stands.

import { Button } from "../controls.js";
import { Shape } from "../shapes.js";
import { ownEntry, streakOf } from "../session-state.js";
import { Standings } from "../standings.js";
import { formatNumber, t } from "../text.js";
import { Countdown } from "../timer.js";
import { html, useEffect, useRef } from "../../vendor/preact.js";
import { Progress } from "./question.js";
import { statusText } from "./status-text.js";

const STREAK_SHOWN = 2;

export function Outcome({ state, socket, onNext }) {
  const { question, session } = state;
  const asked = question && state.asked[question.question_id];
  const self = session.pacing === "self";
  return html`
    <${Progress} state=${state} />
    <main class="outcome">
      <div class="outcome-mine">
        ${question ? html`<${Verdict} state=${state} />` : self ? html`<${AllAnswered} />` : html`<${Between} />`}
        ${asked?.correct_option && html`<${Revealed} asked=${asked} answer=${state.answers[question.question_id]} />`}
        ${self && question && html`<${Onward} state=${state} onNext=${onNext} />`}
        <${Upcoming} state=${state} socket=${socket} />
      </div>
      <section class="card outcome-board">
        <h2>${t("common.standings")}</h2>
        <${Standings} entries=${state.board.ranked()} me=${state.me} />
      </section>
    </main>
  `;
}

/** Right or wrong, points, streak, and the way up or down. */
function Verdict({ state }) {
  const { result, question } = state;
  const heading = useRef(null);
  useEffect(() => {
    if (state.session.pacing !== "self") heading.current.focus({ preventScroll: true });
  }, [question.question_id]);
  const answer = state.answers[question.question_id];
  if (!result) {
    const counted = answer && ["accepted", "duplicate", "sending"].includes(answer.status);
    return html`
      <section class="verdict verdict-none">
        <h1 tabindex="-1" ref=${heading}>${counted ? t("play.counting") : answer ? statusText(answer) : t("play.unanswered")}</h1>
      </section>
    `;
  }
  const entry = ownEntry(state);
  const streak = streakOf(state);
  return html`
    <section class="verdict ${result.correct ? "verdict-right" : "verdict-wrong"}">
      <svg class="verdict-mark" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round" stroke-linejoin="round">
        <path d=${result.correct ? "M5 12.5 10 17.5 19 7" : "M6.5 6.5 17.5 17.5M17.5 6.5 6.5 17.5"} />
      </svg>
      <h1 tabindex="-1" ref=${heading}>${result.correct ? t("play.right") : t("play.wrong")}</h1>
      <p class="verdict-points number">${result.points > 0 ? "+" : ""}${t("common.points", { count: result.points })}</p>
      <div class="verdict-facts">
        ${entry && html`<span class="fact">${t("common.rank", { rank: entry.rank })}<${RankChange} before=${state.rankBefore} now=${entry.rank} /></span>`}
        ${streak >= STREAK_SHOWN && html`<span class="fact fact-streak">${t("play.streak", { count: streak })}</span>`}
      </div>
    </section>
  `;
}

function RankChange({ before, now }) {
  if (before === null || before === now) return null;
  const places = Math.abs(before - now);
  return before > now
    ? html`<span class="rank-up" aria-label=${t("play.up", { count: places })}>▲ ${places}</span>`
    : html`<span class="rank-down" aria-label=${t("play.down", { count: places })}>▼ ${places}</span>`;
}

/** The options with what was right, what one chose, and how many chose what. */
function Revealed({ asked, answer }) {
  const counts = asked.counts;
  const whole = counts ? Math.max(1, Object.values(counts).reduce((sum, count) => sum + count, 0)) : 1;
  return html`
    <section class="card revealed">
      <h2 dir="auto">${asked.title}</h2>
      <ul class="revealed-options">
        ${asked.options.map((option) => {
          const right = option.key === asked.correct_option;
          const mine = option.key === answer?.option;
          return html`
            <li class="revealed-option option-${option.key} ${right ? "is-right" : ""} ${mine ? "is-mine" : ""}" key=${option.key}>
              ${counts && html`<span class="revealed-bar" style=${{ transform: `scaleX(${(counts[option.key] ?? 0) / whole})` }}></span>`}
              <span class="revealed-mark"><${Shape} option=${option.key} /></span>
              <span class="revealed-text">
                <span dir="auto">${option.text}</span>
                ${(mine || right) &&
                html`
                  <span class="tags">
                    ${right && html`<span class="tag tag-right">${t("play.correct")}</span>`}
                    ${mine && html`<span class="tag">${t("play.yours")}</span>`}
                  </span>
                `}
              </span>
              ${counts && html`<span class="number revealed-count">${formatNumber(counts[option.key] ?? 0)}</span>`}
            </li>
          `;
        })}
      </ul>
      ${asked.explanation && html`<p class="explanation" dir="auto">${asked.explanation}</p>`}
    </section>
  `;
}

/** Self pacing: on to the next one. */
function Onward({ state, onNext }) {
  if (state.upcoming === undefined) return null;
  const text = state.upcoming === null ? t("play.finish") : t("play.next");
  return html`<${Button} kind="primary" class="button-big button-wide" focused onClick=${onNext}>${text}<//>`;
}

/** Timed pacing: when it goes on; otherwise that the host decides. */
function Upcoming({ state, socket }) {
  if (state.paused) return html`<p class="note note-warn">${t("play.paused")}</p>`;
  if (state.session.pacing === "self") return null;
  if (state.nextAt === null) return html`<p class="note">${t("play.wait_host")}</p>`;
  const last = state.question && state.question.index + 1 === state.question.total;
  return html`
    <p class="note note-next">
      ${last ? t("play.ends_in") : t("play.next_in")}
      <${Countdown} until=${state.nextAt} now=${() => socket.now()} />
    </p>
  `;
}

function AllAnswered() {
  return html`<section class="verdict verdict-none"><h1>${t("play.all_answered")}</h1><p>${t("play.all_answered_wait")}</p></section>`;
}

function Between() {
  return html`<section class="verdict verdict-none"><h1>${t("play.between")}</h1></section>`;
}
