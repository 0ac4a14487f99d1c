// The options' shapes: whoever cannot tell the colours apart tells these, and the letters.

import { html } from "../vendor/preact.js";

const PATHS = {
  A: "M12 3 22 20.500H2z",
  B: "M12 1.5 22.5 12 12 22.5 1.5 12z",
  C: "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20z",
  D: "M3 3h18v18H3z",
};

/** All four, as an ornament. */
export function Shapes() {
  return html`
    <div class="shapes" aria-hidden="true">
      ${Object.keys(PATHS).map((option) => html`<span class="option-${option}"><${Shape} option=${option} /></span>`)}
    </div>
  `;
}

/** The shape of option A, B, C or D. */
export function Shape({ option }) {
  return html`<svg class="shape" viewBox="0 0 24 24" aria-hidden="true"><path d=${PATHS[option]} fill="currentColor" /></svg>`;
}
