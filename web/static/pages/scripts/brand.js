// The name of it all.

import { html } from "../vendor/preact.js";

/** The mark and the word, as a link to the start. */
export function Brand({ href = "/" }) {
  return html`
    <a class="brand" href=${href}>
      <svg viewBox="0 0 32 32" aria-hidden="true" width="28" height="28">
        <rect width="32" height="32" rx="9" class="brand-tile" />
        <path d="M6 17.500h4l3-8 5.5 14 3.200-9 1.800 3H26" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round" />
      </svg>
      <span>Quizwire</span>
    </a>
  `;
}
