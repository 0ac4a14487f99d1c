// What a host sees of each phase: the question as answers arrive, what became of it, the end.

import { nextNumber } from "../phases.js";
import { Picture } from "../picture.js";
import { Podium } from "../podium.js";
import { Shape } from "../shapes.js";
import { Standings } from "../standings.js";
import { formatNumber, t } from "../text.js";
import { Countdown } from "../timer.js";
import { html } from "../../vendor/preact.js";

const BEST = 8;

/** The last seconds before the next question. */
export function Waiting({ state, socket }) {
  return html`
    <section class="card stage-waiting">
      <h2>${t("host.question_of", { number: nextNumber(state), total: state.session.question_count })}</h2>
      <${Countdown} until=${state.nextAt} now=${() => socket.now()} />
    </section>
  `;
}

/** The open question, with its answers as they arrive. */
export function Question({ state }) {
  const { question, progress } = state;
  const answered = progress?.answered ?? 0;
  const connected = Math.max(answered, progress?.connected ?? state.presence?.connected ?? 0);
  return html`
    <section class="card stack" key=${question.question_id}>
      <div class="stage-head">
        <p class="muted">${t("host.question_of", { number: question.index + 1, total: question.total })}</p>
        <p class="answers-in"><strong class="number">${formatNumber(answered)} / ${formatNumber(connected)}</strong> ${t("host.answers")}</p>
      </div>
      <h2 class="stage-title" dir="auto">${question.title}</h2>
      <${Picture} url=${question.image_url} sizes="(max-width: 900px) 80vw, 600px" />
      <${Bars} question=${question} counts=${progress?.counts ?? {}} whole=${Math.max(1, connected)} />
    </section>
  `;
}

/** What was right, who chose what, and the board. */
export function Outcome({ state, socket }) {
  const { question, closed, nextAt, session } = state;
  const last = nextNumber(state) > session.question_count;
  return html`
    ${question &&
    closed &&
    html`
      <section class="card stack">
        <p class="muted">${t("host.question_of", { number: question.index + 1, total: question.total })}</p>
        <h2 class="stage-title" dir="auto">${question.title}</h2>
        <${Bars} question=${question} counts=${closed.counts ?? {}} correct=${closed.correct_option} />
        ${closed.explanation && html`<p class="explanation" dir="auto">${closed.explanation}</p>`}
      </section>
    `}
    <section class="card stack">
      <div class="stage-head">
        <h2>${t("common.standings")}</h2>
        ${nextAt !== null && html`<p class="stage-next">${last ? t("host.ends_in") : t("host.next_in")} <${Countdown} until=${nextAt} now=${() => socket.now()} /></p>`}
      </div>
      <${Standings} entries=${state.board.ranked()} top=${BEST} />
    </section>
  `;
}

/** The end. */
export function Over({ session, state }) {
  return html`
    <section class="card stack stage-over">
      <h2>${t("host.over")}</h2>
      ${state.podium?.length > 0 && html`<${Podium} places=${state.podium} />`}
      <a class="button button-primary button-big" href="#/sessions/${session.id}/results">${t("host.see_results")}</a>
    </section>
    <section class="card stack">
      <h2>${t("common.standings")}</h2>
      <${Standings} entries=${state.board.ranked()} top=${BEST} />
    </section>
  `;
}

/** A bar for each option; its length is its part of `whole`, or of all answers. */
function Bars({ question, counts, correct = null, whole = null }) {
  const all = whole ?? Math.max(1, Object.values(counts).reduce((sum, count) => sum + count, 0));
  return html`
    <ul class="live-bars">
      ${question.options.map((option) => {
        const count = counts[option.key] ?? 0;
        return html`
          <li class="live-bar option-${option.key} ${option.key === correct ? "is-right" : ""}" key=${option.key}>
            <span class="live-mark"><${Shape} option=${option.key} />${option.key}</span>
            <span class="live-text" dir="auto">${option.text}</span>
            ${option.key === correct && html`<span class="tag tag-right">${t("host.correct")}</span>`}
            <span class="live-count number">${formatNumber(count)}</span>
            <span class="live-track"><span class="live-fill" style=${{ transform: `scaleX(${Math.min(1, count / all)})` }}></span></span>
          </li>
        `;
      })}
    </ul>
  `;
}
