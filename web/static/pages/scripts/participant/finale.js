// The end: the podium, one's own place, everybody's, and one's answers to look through.

import { Brand } from "../brand.js";
import { Button } from "../controls.js";
import { Podium } from "../podium.js";
import { Preferences } from "../preferences.js";
import { Shape } from "../shapes.js";
import { ownEntry } from "../session-state.js";
import { Standings } from "../standings.js";
import { formatNumber, t } from "../text.js";
import { html } from "../../vendor/preact.js";

export function Finale({ state, onLeave }) {
  const own = ownEntry(state);
  const entries = state.board.ranked();
  return html`
    <header class="bar"><${Brand} /><${Preferences} /></header>
    <main class="finale">
      <h1>${t("finale.title")}</h1>
      ${own &&
      html`
        <p class="finale-own">
          <strong>${t("finale.place", { rank: own.rank, total: entries.length })}</strong>
          <span class="number">${t("play.score", { count: own.score })}</span>
        </p>
      `}
      ${state.podium?.length > 0 && html`<${Podium} places=${state.podium} me=${state.me} />`}
      <section class="card">
        <h2>${t("common.standings")}</h2>
        <${Standings} entries=${entries} me=${state.me} top=${8} />
      </section>
      <${OwnAnswers} state=${state} />
      <${Button} kind="primary" class="button-big" onClick=${onLeave}>${t("finale.another")}<//>
    </main>
  `;
}

function OwnAnswers({ state }) {
  const asked = Object.values(state.asked)
    .filter((question) => question.correct_option)
    .sort((a, b) => a.index - b.index);
  if (!asked.length) return null;
  return html`
    <section class="card own-answers">
      <h2>${t("finale.answers")}</h2>
      <ol>
        ${asked.map((question) => html`<${OwnAnswer} key=${question.question_id} question=${question} answer=${state.answers[question.question_id]} />`)}
      </ol>
    </section>
  `;
}

function OwnAnswer({ question, answer }) {
  const right = answer?.option === question.correct_option;
  return html`
    <li class="own-answer">
      <p class="own-answer-title" dir="auto">${question.title}</p>
      ${answer && html`<${Chosen} question=${question} option=${answer.option} right=${right} />`}
      ${!answer && html`<p class="muted">${t("play.unanswered")}</p>`}
      ${!right && html`<${Chosen} question=${question} option=${question.correct_option} right=${true} />`}
      ${answer?.points > 0 && html`<p class="own-answer-points number">+${formatNumber(answer.points)}</p>`}
      ${question.explanation && html`<p class="explanation" dir="auto">${question.explanation}</p>`}
    </li>
  `;
}

function Chosen({ question, option, right }) {
  const text = question.options.find(({ key }) => key === option)?.text;
  return html`
    <p class="chosen option-${option}">
      <span class="revealed-mark"><${Shape} option=${option} /></span>
      <span dir="auto">${text}</span>
      <span class="tag ${right ? "tag-right" : "tag-wrong"}">${right ? t("play.correct") : t("play.yours")}</span>
    </p>
  `;
}
