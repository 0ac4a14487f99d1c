// After a question: how often each option was chosen, what was right, and the board as it moves.

import { announce } from "../notices.js";
import { Shape } from "../shapes.js";
import { Standings } from "../standings.js";
import { formatNumber, t } from "../text.js";
import { Countdown } from "../timer.js";
import { html, useEffect } from "../../vendor/preact.js";
import { Joining } from "./lobby.js";

const BEST = 8;

export function Reveal({ session, state, socket }) {
  const { question, closed, nextAt } = state;
  return html`
    <main class="screen-reveal">
      ${question && closed ? html`<${Bars} question=${question} closed=${closed} />` : html`<${Meanwhile} session=${session} state=${state} />`}
      <section class="card screen-board">
        <div class="screen-board-head">
          <h2>${t("common.standings")}</h2>
          ${nextAt !== null && html`<p>${t("screen.next_in")} <${Countdown} until=${nextAt} now=${() => socket.now()} /></p>`}
        </div>
        <${Standings} entries=${state.board.ranked()} top=${BEST} rowPx=${60} expandable=${false} />
      </section>
    </main>
  `;
}

function Bars({ question, closed }) {
  const counts = question.options.map(({ key }) => closed.counts[key] ?? 0);
  const most = Math.max(1, ...counts);
  const right = question.options.find(({ key }) => key === closed.correct_option);
  useEffect(() => announce(t("screen.right", { option: `${right.key}: ${right.text}` })), [question.question_id]);
  return html`
    <section class="screen-outcome">
      <h1 dir="auto">${question.title}</h1>
      <ul class="bars">
        ${question.options.map((option, index) => {
          const isRight = option.key === closed.correct_option;
          return html`
            <li class="bar-row option-${option.key} ${isRight ? "is-right" : ""}" key=${option.key}>
              <span class="bar-mark"><${Shape} option=${option.key} />${option.key}</span>
              <span class="bar-head">
                <span class="bar-text" dir="auto">${option.text}</span>
                ${isRight && html`<span class="tag tag-right">${t("screen.correct")}</span>`}
              </span>
              <span class="bar-track"><span class="bar-fill" style=${{ transform: `scaleX(${counts[index] / most})` }}></span></span>
              <span class="bar-count number">${formatNumber(counts[index])}</span>
            </li>
          `;
        })}
      </ul>
      ${closed.explanation && html`<p class="explanation" dir="auto">${closed.explanation}</p>`}
    </section>
  `;
}

/** No question to show: everybody is at their own, or the screen came between two. */
function Meanwhile({ session, state }) {
  const self = state.session.pacing === "self";
  return html`
    <section class="screen-meanwhile">
      <h1>${self ? t("screen.self") : t("screen.between")}</h1>
      ${!state.locked && html`<${Joining} session=${session} />`}
    </section>
  `;
}
