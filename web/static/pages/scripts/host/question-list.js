// The questions of a draft, in their order, to be chosen and moved: by drag, or with Alt and the arrows.

import { Button } from "../controls.js";
import { t } from "../text.js";
import { html, useRef, useState } from "../../vendor/preact.js";

export function QuestionList({ questions, selected, faults, onSelect, onMove, onAdd }) {
  const [dragged, setDragged] = useState(null);
  const [target, setTarget] = useState(null);
  const list = useRef(null);
  const press = (event, index) => {
    const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    if (event.altKey) {
      onMove(index, index + by);
      return;
    }
    list.current.querySelectorAll(".question-row")[index + by]?.focus();
  };
  const drop = (event) => {
    event.preventDefault();
    if (dragged !== null && target !== null) onMove(dragged, target);
    setDragged(null);
    setTarget(null);
  };
  return html`
    <nav class="card question-list" aria-label=${t("host.question_list")}>
      <p class="spoken" id="move-hint">${t("host.move_hint")}</p>
      <ol ref=${list} onDrop=${drop} onDragOver=${(event) => dragged !== null && event.preventDefault()}>
        ${questions.map((question, index) => {
          const isFaulty = faults.some((fault) => fault.index === index);
          const mark = target === index && dragged !== null && dragged !== index ? (dragged < index ? "is-below" : "is-above") : "";
          return html`
            <li
              key=${question.key}
              class=${mark}
              draggable="true"
              onDragStart=${(event) => {
                event.dataTransfer.effectAllowed = "move";
                event.dataTransfer.setData("text/plain", question.title);
                setDragged(index);
              }}
              onDragEnter=${() => setTarget(index)}
              onDragEnd=${() => setDragged(null)}
            >
              <button
                type="button"
                class="question-row ${dragged === index ? "is-dragged" : ""}"
                aria-current=${question.key === selected ? "true" : null}
                aria-describedby="move-hint"
                aria-keyshortcuts="Alt+ArrowUp Alt+ArrowDown"
                onClick=${() => onSelect(question.key)}
                onKeyDown=${(event) => press(event, index)}
              >
                <span class="question-grip" aria-hidden="true">⠿</span>
                <span class="number question-number">${index + 1}</span>
                <span class="question-row-title" dir="auto">${question.title || t("host.untitled_question")}</span>
                ${question.image_url && html`<span class="question-has" role="img" aria-label=${t("host.has_picture")}>▣</span>`}
                ${isFaulty && html`<span class="question-fault" role="img" aria-label=${t("host.has_fault")}>!</span>`}
              </button>
            </li>
          `;
        })}
      </ol>
      <${Button} class="button-wide" onClick=${onAdd}>+ ${t("host.add_question")}<//>
    </nav>
  `;
}
