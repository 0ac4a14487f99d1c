// A quiz in the list.

import { Button } from "../controls.js";
import { formatDate } from "../dates.js";
import { Menu } from "../menu.js";
import { t } from "../text.js";
import { html } from "../../vendor/preact.js";

/** `actions`: `start`, `preview`, `duplicate`, `save(quiz, format)`, `remove`. */
export function QuizCard({ quiz, own, actions }) {
  const more = own
    ? [
        [t("host.preview"), () => actions.preview(quiz)],
        [t("host.duplicate"), () => actions.duplicate(quiz)],
        [t("host.export_json"), () => actions.save(quiz, "json")],
        [t("host.export_zip"), () => actions.save(quiz, "zip")],
        [t("host.export_xlsx"), () => actions.save(quiz, "xlsx")],
        [t("host.delete"), () => actions.remove(quiz), true],
      ]
    : [[t("host.preview"), () => actions.preview(quiz)]];
  return html`
    <li class="card quiz-card">
      <div class="quiz-card-head">
        <h2 dir="auto">${own ? html`<a href="#/quizzes/${quiz.id}">${quiz.title}</a>` : quiz.title}</h2>
        <${Menu} label=${t("host.more_for", { title: quiz.title })} items=${more} />
      </div>
      ${quiz.description && html`<p class="quiz-card-text muted" dir="auto">${quiz.description}</p>`}
      <p class="facts">
        <span>${t("host.questions", { count: quiz.question_count })}</span>
        <span>${formatDate(quiz.updated_at)}</span>
        ${own && quiz.visibility === "public" && html`<span class="tag tag-soft">${t("host.public")}</span>`}
        ${quiz.tags.map((tag) => html`<span class="tag tag-soft" key=${tag} dir="auto">${tag}</span>`)}
      </p>
      <div class="row quiz-card-foot">
        ${own
          ? html`
              <${Button} kind="primary" disabled=${quiz.question_count === 0} aria-label=${t("host.start_it", { title: quiz.title })} onClick=${() => actions.start(quiz)}>${t("host.start")}<//>
              <a class="button" href="#/quizzes/${quiz.id}" aria-label=${t("host.edit_it", { title: quiz.title })}>${t("host.edit")}</a>
            `
          : html`<${Button} kind="primary" onClick=${() => actions.duplicate(quiz)}>${t("host.take_copy")}<//>`}
      </div>
    </li>
  `;
}
