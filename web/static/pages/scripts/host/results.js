// What came out of a session: at a glance, question by question, and for everybody.

import { get } from "../api.js";
import { Button } from "../controls.js";
import { spaced } from "../codes.js";
import { formatTime } from "../dates.js";
import { ListFoot } from "../pages.js";
import { Podium } from "../podium.js";
import { saveFile } from "../save-file.js";
import { t } from "../text.js";
import { html, useEffect, useState } from "../../vendor/preact.js";
import { attempt } from "./attempt.js";
import { Distribution, QuestionChart } from "./charts.js";
import { ResultsTable } from "./results-table.js";

const FORMATS = ["xlsx", "csv", "json"];
const FEWEST_ANSWERS = 3; // fewer say nothing of how hard a question is

export function Results({ session }) {
  const [results, setResults] = useState(null);
  const [problem, setProblem] = useState(null);
  const [quiz, setQuiz] = useState(null);
  const load = () => {
    setProblem(null);
    get(`/sessions/${session.id}/results`).then(setResults, setProblem);
  };
  useEffect(() => {
    load();
    // For the texts of the options; the quiz may be another one by now, or gone.
    get(`/quizzes/${session.quiz_id}`).then(setQuiz, () => null);
  }, [session.id]);
  const save = (format) => attempt(() => saveFile(`/sessions/${session.id}/results?format=${format}`, `quizwire-${session.join_code}.${format}`));
  const running = session.state !== "ended";
  return html`
    <main class="desk results">
      <a class="link" href=${running ? `#/sessions/${session.id}` : "#/sessions"}>← ${running ? t("host.back_to_session") : t("host.sessions")}</a>
      <div class="desk-head">
        <div>
          <h1 dir="auto">${quiz?.title ?? t("host.results")}</h1>
          <p class="facts">
            <span>${formatTime(session.created_at)}</span>
            <span class="number">${spaced(session.join_code)}</span>
          </p>
        </div>
        <div class="row" role="group" aria-label=${t("host.download")}>
          ${FORMATS.map((format) => html`<${Button} key=${format} aria-label=${t("host.download_as", { format: format.toUpperCase() })} onClick=${() => save(format)}><span aria-hidden="true">↓</span> ${format.toUpperCase()}<//>`)}
        </div>
      </div>
      ${results === null ? html`<${ListFoot} list=${{ items: null, problem, reload: load }} />` : html`<${Found} results=${results} quiz=${quiz} />`}
    </main>
  `;
}

function Found({ results, quiz }) {
  const { questions, participants } = results;
  if (participants.length === 0) return html`<p class="empty">${t("host.nobody_played")}</p>`;
  const places = participants.filter(({ rank, score }) => rank <= 3 && score > 0);
  const answered = questions.filter(({ answers }) => answers > 0);
  const right = answered.length ? answered.reduce((sum, { correct_rate }) => sum + correct_rate, 0) / answered.length : null;
  const hardest = hardestOf(questions);
  return html`
    <div class="figures">
      <${Figure} value=${participants.length} text=${t("host.figure_people", { count: participants.length })} />
      <${Figure} value=${questions.length} text=${t("host.figure_questions", { count: questions.length })} />
      ${right !== null && html`<${Figure} value=${percent(right)} text=${t("host.figure_right")} />`}
      ${hardest && html`<${Figure} value=${percent(hardest.correct_rate)} text=${t("host.figure_hardest", { title: hardest.title })} />`}
    </div>
    <div class="results-parts">
      ${places.length > 0 && html`<section class="card results-podium"><${Podium} places=${places} /></section>`}
      <section class="card stack"><h2>${t("host.distribution")}</h2><${Distribution} participants=${participants} /></section>
    </div>
    <section class="stack">
      <h2>${t("host.by_question")}</h2>
      <div class="charts">
        ${questions.map((question, index) => html`<${QuestionChart} key=${question.question_id} question=${question} index=${index} texts=${textsOf(question, quiz)} />`)}
      </div>
    </section>
    <section class="stack">
      <h2>${t("host.by_person")}</h2>
      <${ResultsTable} questions=${questions} participants=${participants} />
    </section>
  `;
}

/** The question with the fewest right answers, of those that enough have answered to tell; or null. */
function hardestOf(questions) {
  const enough = Math.max(FEWEST_ANSWERS, Math.max(...questions.map(({ answers }) => answers)) / 4);
  const [hardest = null] = questions.filter(({ answers }) => answers >= enough).sort((one, other) => one.correct_rate - other.correct_rate);
  return hardest;
}

function Figure({ value, text }) {
  return html`<div class="card figure"><strong class="number">${value}</strong><span class="muted" dir="auto">${text}</span></div>`;
}

function percent(part) {
  return `${Math.round(part * 100)}%`;
}

/** Texts of the options, if the quiz still has this question as it was asked. */
function textsOf({ question_id, title }, quiz) {
  const found = quiz?.questions.find(({ id }) => id === question_id);
  if (!found || found.title !== title) return {};
  return Object.fromEntries(found.options.map(({ key, text }) => [key, text]));
}
