// An open question, for the last row to read. What is right is not known here before it closes.

import { announce } from "../notices.js";
import { Picture } from "../picture.js";
import { Shape } from "../shapes.js";
import { formatNumber, t } from "../text.js";
import { TimerRing } from "../timer.js";
import { html, useEffect } from "../../vendor/preact.js";

export function Question({ state, socket }) {
  const { question, progress, paused } = state;
  const number = t("screen.number", { number: question.index + 1, total: question.total });
  useEffect(() => announce(`${number}: ${question.title}`), [question.question_id]);
  return html`
    <main class="screen-question" key=${question.question_id}>
      <p class="screen-number">${number}</p>
      <h1 class=${question.title.length > 90 ? "screen-long" : ""} dir="auto">${question.title}</h1>
      <div class="screen-middle ${question.image_url ? "" : "screen-bare"}">
        <div class="screen-side">
          ${question.closes_at &&
          html`<${TimerRing} from=${question.opens_at} until=${question.closes_at} now=${() => socket.now()} paused=${paused} />`}
        </div>
        <${Picture} url=${question.image_url} sizes="60vw" />
        <div class="screen-side">
          ${progress &&
          html`
            <p class="answered">
              <span class="number">${formatNumber(progress.answered)}<span class="answered-of"> / ${formatNumber(progress.connected)}</span></span>
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
