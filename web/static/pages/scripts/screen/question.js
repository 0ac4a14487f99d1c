// An open question, for the last row to read. What is right is not known here before it closes.

import { announce } from "../notices.js";
import { Picture } from "../picture.js";
import { Shape } from "../shapes.js";
import { formatNumber, t } from "../text.js";
import { TimerRing, timesOf } from "../timer.js";
import { html, useEffect } from "../../vendor/preact.js";

export function Question({ state, socket }) {
  const { question, progress } = state;
  const times = timesOf(state, socket);
  const number = t("screen.number", { number: question.index + 1, total: question.total });
  useEffect(() => announce(`${number}: ${question.title}`), [question.question_id]);
  return html`
    <main class="screen-question" key=${question.question_id}>
      <p class="screen-number">${number}</p>
      <h1 class=${question.title.length > 90 ? "screen-long" : ""} dir="auto">${question.title}</h1>
      <div class="screen-middle ${question.image_url ? "" : "screen-bare"}">
        <div class="screen-side">
          ${times && html`<${TimerRing} ...${times} />`}
        </div>
        <${Picture} url=${question.image_url} sizes="60vw" />
        <div class="screen-side">
          ${progress &&
          html`
            <p class="answered">
              <span class="number">${formatNumber(progress.answered)}<span class="answered-of">${of(progress)}</span></span>
              ${t("screen.answered")}
            </p>
          `}
        </div>
      </div>
      <ul class="screen-options">
        ${question.options.map(
          (option) => html`
            <li class="screen-option option-${option.key}" key=${option.key}>
              <${Shape} option=${option.key} /><span class="option-letter">${option.key}</span>
              <span dir="auto">${option.text}</span>
            </li>
          `,
        )}
      </ul>
    </main>
  `;
}

/** Of how many, when that is known: nodes tell each other who is connected only now and then. */
function of({ answered, connected }) {
  return connected >= answered && connected > 0 ? ` / ${formatNumber(connected)}` : "";
}
