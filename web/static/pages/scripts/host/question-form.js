// One question of a draft.

import { Button, Field } from "../controls.js";
import { Menu } from "../menu.js";
import { Shape } from "../shapes.js";
import { t } from "../text.js";
import { html, useEffect, useRef } from "../../vendor/preact.js";
import { OPTIONS_MAX, OPTIONS_MIN, TIME_MAX_S, TIME_MIN_S, WEIGHT_MAX } from "./draft.js";
import { PictureField } from "./picture-field.js";

const KEYS = ["A", "B", "C", "D"];

export function QuestionForm({ question, index, total, faults, onChange, onMove, onCopy, onRemove }) {
  const fault = (field) => faults.find((found) => found.field === field)?.text;
  const element = useRef(null);
  useEffect(() => {
    if (!question.title && total > 1) element.current.querySelector("textarea").focus();
  }, []);
  const more = [
    [t("host.copy_question"), onCopy],
    [t("host.remove_question"), onRemove, true],
  ];
  return html`
    <section class="card stack question-form" aria-label=${t("host.question_of", { number: index + 1, total })} ref=${element}>
      <div class="question-form-head">
        <h2>${t("host.question_of", { number: index + 1, total })}</h2>
        <button type="button" class="icon-button" aria-label=${t("host.move_up")} title=${t("host.move_up")} disabled=${index === 0} onClick=${() => onMove(-1)}><span aria-hidden="true">↑</span></button>
        <button type="button" class="icon-button" aria-label=${t("host.move_down")} title=${t("host.move_down")} disabled=${index + 1 === total} onClick=${() => onMove(1)}><span aria-hidden="true">↓</span></button>
        <${Menu} label=${t("host.more_for_question")} items=${more} />
      </div>
      <${Field} label=${t("host.question")} value=${question.title} onInput=${(title) => onChange({ title })} error=${fault("title")} multiline rows="2" maxlength="2000" />
      <${PictureField} question=${question} onChange=${onChange} />
      <${Options} options=${question.options} error=${fault("options")} onChange=${(options) => onChange({ options })} />
      <div class="form-grid">
        <${Field}
          label=${t("host.time_limit")}
          type="number"
          inputmode="numeric"
          min=${TIME_MIN_S}
          max=${TIME_MAX_S}
          value=${question.time_limit_s}
          onInput=${(time_limit_s) => onChange({ time_limit_s })}
          error=${fault("time_limit_s")}
          hint=${t("host.time_hint")}
        />
        <${Field}
          label=${t("host.weight")}
          type="number"
          inputmode="numeric"
          min="0"
          max=${WEIGHT_MAX}
          value=${question.weight}
          onInput=${(weight) => onChange({ weight })}
          error=${fault("weight")}
          hint=${t("host.weight_hint")}
        />
        <${Field} label=${t("host.explanation")} value=${question.explanation} onInput=${(explanation) => onChange({ explanation })} hint=${t("host.explanation_hint")} multiline rows="2" maxlength="2000" class="form-whole" />
      </div>
    </section>
  `;
}

/** Two to four texts, and which of them is right. */
function Options({ options, error, onChange }) {
  const name = useRef(`right-${Math.random().toString(36).slice(2)}`).current;
  const put = (index, text) => onChange(options.map((option, place) => (place === index ? { ...option, text } : option)));
  const choose = (index) => onChange(options.map((option, place) => ({ ...option, is_correct: place === index })));
  const drop = (index) => onChange(options.filter((_, place) => place !== index));
  return html`
    <fieldset class="options-form">
      <legend>${t("host.options")}</legend>
      ${options.map(
        (option, index) => html`
          <div class="option-form option-${KEYS[index]}" key=${index}>
            <span class="option-form-mark"><${Shape} option=${KEYS[index]} /></span>
            <input
              class="input"
              dir="auto"
              aria-label=${t("host.option", { option: KEYS[index] })}
              placeholder=${t("host.option", { option: KEYS[index] })}
              maxlength="500"
              value=${option.text}
              onInput=${(event) => put(index, event.target.value)}
            />
            <label class="option-right ${option.is_correct ? "is-chosen" : ""}" title=${t("host.is_correct", { option: KEYS[index] })}>
              <input type="radio" name=${name} checked=${option.is_correct} aria-label=${t("host.is_correct", { option: KEYS[index] })} onChange=${() => choose(index)} />
              <span aria-hidden="true">✓</span>
            </label>
            <button
              type="button"
              class="icon-button"
              aria-label=${t("host.remove_option", { option: KEYS[index] })}
              disabled=${options.length <= OPTIONS_MIN}
              onClick=${() => drop(index)}
            >
              <span aria-hidden="true">×</span>
            </button>
          </div>
        `,
      )}
      ${error && html`<p class="field-error" role="alert">${error}</p>`}
      ${options.length < OPTIONS_MAX &&
      html`<${Button} kind="quiet" onClick=${() => onChange([...options, { text: "", is_correct: false }])}>+ ${t("host.add_option")}<//>`}
    </fieldset>
  `;
}
