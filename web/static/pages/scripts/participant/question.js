// A question and its options, as large as the screen allows.

import { Picture } from "../picture.js";
import { Shape } from "../shapes.js";
import { formatNumber, t } from "../text.js";
import { TimerBar, timesOf } from "../timer.js";
import { html, useEffect, useRef } from "../../vendor/preact.js";
import { statusText } from "./status-text.js";

const KEYS = { 1: "A", 2: "B", 3: "C", 4: "D" };

export function Question({ state, socket, onChoose }) {
  const { question, paused, phase } = state;
  const answer = state.answers[question.question_id];
  const times = timesOf(state, socket);
  const open = phase === "open" && !paused;
  const heading = useRef(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), [question.question_id]);
  useEffect(() => {
    const press = (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
      const key = KEYS[event.key] ?? event.key.toUpperCase();
      if (open && !answer && question.options.some((option) => option.key === key)) onChoose(key);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [question.question_id, open, answer]);
  return html`
    <${Progress} state=${state} />
    <main class="question" key=${question.question_id}>
      ${times && html`<${TimerBar} ...${times} />`}
      <div class="question-asked">
        <h1 class="question-title ${question.title.length > 90 ? "question-long" : ""}" dir="auto" tabindex="-1" ref=${heading}>${question.title}</h1>
        <${Picture} url=${question.image_url} />
      </div>
      <${Note} state=${state} answer=${answer} />
      <div class="options" role="group" aria-label=${t("play.options")}>
        ${question.options.map(
          (option) => html`
            <button
              type="button"
              class="option option-${option.key} ${optionClass(answer, option.key)}"
              key=${option.key}
              aria-pressed=${answer ? String(answer.option === option.key) : null}
              disabled=${!open || Boolean(answer)}
              onClick=${() => onChoose(option.key)}
            >
              <span class="option-mark"><${Shape} option=${option.key} /><span class="option-letter">${option.key}</span></span>
              <span class="option-text" dir="auto">${option.text}</span>
            </button>
          `,
        )}
      </div>
    </main>
  `;
}

/** The number of the question, and how one stands. */
export function Progress({ state }) {
  const { question, session } = state;
  const total = question?.total ?? session.question_count;
  // At one's own speed there is no question left only when all are answered.
  const between = session.pacing === "self" ? total : (session.question_index ?? 0) + 1;
  const number = question ? question.index + 1 : between;
  return html`
    <header class="progress">
      <span class="pill" aria-label=${t("play.number", { number, total })}>${number} / ${total}</span>
      <span class="progress-title" dir="auto">${session.title}</span>
      <span class="pill pill-score number" aria-label=${t("play.score", { count: state.score })}>${formatNumber(state.score)}</span>
    </header>
  `;
}

/** One line between question and options, which is always there so that nothing jumps. */
function Note({ state, answer }) {
  const offline = state.status.status !== "live";
  if (state.paused) return html`<p class="note note-warn">${t("play.paused")}</p>`;
  if (answer) {
    const kind = answer.status === "accepted" ? "good" : answer.status === "sending" ? "wait" : "warn";
    const text = answer.status === "sending" && offline ? t("play.sending_later") : statusText(answer);
    return html`<p class="note note-${kind}">${kind === "good" && html`<${Tick} />`}${text}</p>`;
  }
  if (state.phase === "closing") return html`<p class="note note-warn">${t("play.closing")}</p>`;
  return html`<p class="note">${t("play.choose")}</p>`;
}

function Tick() {
  return html`
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round">
      <path d="M5 12.5 10 17.5 19 7" />
    </svg>
  `;
}

function optionClass(answer, key) {
  if (!answer) return "";
  return answer.option === key ? "option-chosen" : "option-other";
}
