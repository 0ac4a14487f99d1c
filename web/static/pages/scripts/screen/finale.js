// The end: the podium, and a little joy.

import { announce } from "../notices.js";
import { Podium } from "../podium.js";
import { Standings } from "../standings.js";
import { t } from "../text.js";
import { html, useEffect } from "../../vendor/preact.js";

const PIECES = 48;
const COLOURS = ["A", "B", "C", "D"];
const BEST = 8;

export function Finale({ state }) {
  const podium = state.podium ?? [];
  useEffect(() => {
    const first = podium.filter((place) => place.rank === 1).map((place) => place.nickname);
    if (first.length) announce(t("screen.winner", { names: first.join(", ") }));
  }, []);
  return html`
    <main class="screen-finale">
      ${podium.length > 0 && html`<${Confetti} />`}
      <section class="screen-podium">
        <h1>${t("screen.over")}</h1>
        ${podium.length > 0 && html`<${Podium} places=${podium} />`}
      </section>
      <section class="card screen-board">
        <h2>${t("common.standings")}</h2>
        <${Standings} entries=${state.board.ranked()} top=${BEST} rowPx=${60} expandable=${false} />
      </section>
    </main>
  `;
}

/** Falls once; not at all for those who want less motion. */
function Confetti() {
  const pieces = Array.from({ length: PIECES }, (_, index) => ({
    left: `${(index * 61) % 100}%`,
    animationDelay: `${(index % 12) * 160}ms`,
    animationDuration: `${2600 + ((index * 37) % 10) * 180}ms`,
  }));
  return html`
    <div class="confetti" aria-hidden="true">
      ${pieces.map((style, index) => html`<i class="option-${COLOURS[index % 4]}" style=${style}></i>`)}
    </div>
  `;
}
