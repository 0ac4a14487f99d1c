// Buttons and fields, as all pages have them.

import { html, useEffect, useRef, useState } from "../vendor/preact.js";

let fields = 0;

/**
 * A button. While the promise that `onClick` returns is not settled it is busy and does nothing.
 * `kind`: `primary`, `quiet`, `danger`. `focused`: takes the focus when it appears.
 */
export function Button({ kind = "plain", type = "button", onClick, busy = false, focused = false, class: name = "", children, ...rest }) {
  const [working, setWorking] = useState(false);
  const element = useRef(null);
  useEffect(() => {
    if (focused) element.current.focus({ preventScroll: true });
  }, []);
  const mounted = useMounted();
  const isBusy = busy || working;
  const click = (event) => {
    if (isBusy) {
      event.preventDefault();
      return;
    }
    const result = onClick?.(event);
    if (typeof result?.then !== "function") return;
    setWorking(true);
    result.finally(() => mounted.current && setWorking(false));
  };
  return html`
    <button type=${type} class="button button-${kind} ${name}" ref=${element} onClick=${click} aria-busy=${isBusy ? "true" : null} ...${rest}>
      ${children}
    </button>
  `;
}

/** A labelled input, with a hint and an error below it. `onInput` gets the value. */
export function Field({ label, value, onInput, hint, error, multiline = false, class: name = "", ...rest }) {
  const id = useRef(`field-${++fields}`).current;
  const below = error ?? hint;
  const attributes = {
    id,
    value,
    onInput: (event) => onInput(event.target.value),
    "aria-invalid": error ? "true" : null,
    "aria-describedby": below ? `${id}-below` : null,
    class: "input",
    dir: "auto",
    ...rest,
  };
  return html`
    <div class="field ${name}">
      <label for=${id}>${label}</label>
      ${multiline ? html`<textarea ...${attributes}></textarea>` : html`<input ...${attributes} />`}
      ${below && html`<p class=${error ? "field-error" : "field-hint"} id="${id}-below" role=${error ? "alert" : null}>${below}</p>`}
    </div>
  `;
}

/** A labelled choice; `options` is `[[value, text], …]`. */
export function Choice({ label, value, onInput, options, hint, class: name = "", ...rest }) {
  const id = useRef(`field-${++fields}`).current;
  return html`
    <div class="field ${name}">
      <label for=${id}>${label}</label>
      <select id=${id} class="input" value=${value} onChange=${(event) => onInput(event.target.value)} aria-describedby=${hint ? `${id}-below` : null} ...${rest}>
        ${options.map(([key, text]) => html`<option value=${key} selected=${key === value}>${text}</option>`)}
      </select>
      ${hint && html`<p class="field-hint" id="${id}-below">${hint}</p>`}
    </div>
  `;
}

/** Whether the component is still there: `.current`. */
export function useMounted() {
  const mounted = useRef(true);
  useEffect(() => () => (mounted.current = false), []);
  return mounted;
}

/** Renders again every `everyMs` while `active`: for clocks. */
export function useTick(everyMs, active = true) {
  const [, setTick] = useState(0);
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(() => setTick((tick) => tick + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, active]);
}
