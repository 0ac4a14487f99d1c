// A quiz as participants will see it, with what is right.

import { get } from "../api.js";
import { Dialog } from "../dialog.js";
import { problemText } from "../notices.js";
import { Picture } from "../picture.js";
import { Shape } from "../shapes.js";
import { t } from "../text.js";
import { html, useEffect, useState } from "../../vendor/preact.js";
import { Button } from "../controls.js";

const KEYS = ["A", "B", "C", "D"];

/** Of a quiz that is stored: by its id. */
export function PreviewDialog({ id, onClose }) {
  const [quiz, setQuiz] = useState(null);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    get(`/quizzes/${id}`).then(setQuiz, setProblem);
  }, [id]);
  if (quiz) return html`<${Preview} quiz=${quiz} onClose=${onClose} />`;
  return html`
    <${Dialog} title=${t("host.preview")} onClose=${onClose}>
      ${problem ? html`<p class="field-error">${problemText(problem)}</p>` : html`<div class="booting"></div>`}
    <//>
  `;
}

/** `quiz` as the API has it, or a draft; beginning with question number `first`, from 0. */
export function Preview({ quiz, first = 0, onClose }) {
  const [index, setIndex] = useState(first);
  const question = quiz.questions[index];
  return html`
    <${Dialog} title=${quiz.title || t("host.untitled")} class="dialog-wide" onClose=${onClose}>
      ${question ? html`<${Asked} question=${question} />` : html`<p class="muted">${t("host.no_questions")}</p>`}
      <div class="dialog-foot preview-foot">
        <${Button} disabled=${index === 0} onClick=${() => setIndex(index - 1)}>${t("host.previous")}<//>
        <span class="number muted" aria-live="polite">${t("host.question_of", { number: Math.min(index + 1, quiz.questions.length), total: quiz.questions.length })}</span>
        <${Button} disabled=${index + 1 >= quiz.questions.length} onClick=${() => setIndex(index + 1)}>${t("host.following")}<//>
      </div>
    <//>
  `;
}

function Asked({ question }) {
  return html`
    <article class="preview">
      <h3 dir="auto">${question.title || t("host.untitled_question")}</h3>
      <${Picture} url=${question.image_url} />
      <ul class="preview-options">
        ${question.options.map(
          (option, index) => html`
            <li class="preview-option option-${KEYS[index]}" key=${KEYS[index]}>
              <${Shape} option=${KEYS[index]} /><span class="option-letter">${KEYS[index]}</span>
              <span dir="auto" class="preview-text">${option.text}</span>
              ${option.is_correct && html`<span class="tag">${t("host.correct")}</span>`}
            </li>
          `,
        )}
      </ul>
      ${question.explanation && html`<p class="explanation" dir="auto">${question.explanation}</p>`}
    </article>
  `;
}
