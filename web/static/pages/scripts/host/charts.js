// Charts, in SVG and in lengths.

import { Shape } from "../shapes.js";
import { formatNumber, t } from "../text.js";
import { html } from "../../vendor/preact.js";

const COLUMNS = 10;
const HEIGHT = 120;
const WIDTH = 320;

/** How often each option of a question was chosen. `texts` by option, as far as they are known. */
export function QuestionChart({ question, index, texts }) {
  const { counts, correct_option, answers, correct_rate, median_time_ms } = question;
  return html`
    <article class="card stack chart">
      <h3 dir="auto"><span class="number muted">${index + 1}</span> ${question.title}</h3>
      <ul class="live-bars">
        ${Object.entries(counts).map(
          ([key, count]) => html`
            <li class="live-bar option-${key} ${key === correct_option ? "is-right" : ""}" key=${key}>
              <span class="live-mark"><${Shape} option=${key} />${key}</span>
              <span class="live-text" dir="auto">${texts[key] ?? ""}</span>
              ${key === correct_option && html`<span class="tag tag-right">${t("host.correct")}</span>`}
              <span class="live-count number">${formatNumber(count)}</span>
              <span class="live-track"><span class="live-fill" style=${{ transform: `scaleX(${answers ? count / answers : 0})` }}></span></span>
            </li>
          `,
        )}
      </ul>
      <p class="facts">
        <span>${t("host.answers_count", { count: answers })}</span>
        ${correct_rate !== null && html`<span>${t("host.right_rate", { percent: Math.round(correct_rate * 100) })}</span>`}
        ${median_time_ms !== null && html`<span>${t("host.median_time", { seconds: Math.round(median_time_ms / 100) / 10 })}</span>`}
      </p>
    </article>
  `;
}

/** How many had which score: columns from the lowest score to the highest. */
export function Distribution({ participants }) {
  const scores = participants.map(({ score }) => score);
  const least = Math.min(...scores);
  const step = Math.max(1, Math.ceil((Math.max(...scores) - least + 1) / COLUMNS));
  const columns = Array(Math.ceil((Math.max(...scores) - least + 1) / step)).fill(0);
  for (const score of scores) columns[Math.floor((score - least) / step)] += 1;
  const most = Math.max(...columns);
  const width = WIDTH / columns.length;
  const ends = (index) => {
    const from = least + index * step;
    return step === 1 ? formatNumber(from) : `${formatNumber(from)}–${formatNumber(from + step - 1)}`;
  };
  return html`
    <svg class="distribution" viewBox="0 0 ${WIDTH} ${HEIGHT + 40}" role="img" aria-label=${columns.map((count, index) => `${ends(index)}: ${count}`).join(", ")}>
      <line class="axis" x1="0" x2=${WIDTH} y1=${HEIGHT + 16} y2=${HEIGHT + 16} />
      ${columns.map((count, index) => {
        const height = (count / most) * HEIGHT;
        const x = index * width;
        return html`
          <g key=${index}>
            <rect class="column" x=${x + width * 0.1} y=${HEIGHT + 16 - height} width=${width * 0.8} height=${height} rx="3" />
            ${count > 0 && html`<text class="column-count" x=${x + width / 2} y=${HEIGHT + 11 - height}>${count}</text>`}
          </g>
        `;
      })}
      <text class="axis-text" x="0" y=${HEIGHT + 34}>${formatNumber(least)}</text>
      ${columns.length > 1 && html`<text class="axis-text axis-end" x=${WIDTH} y=${HEIGHT + 34}>${formatNumber(Math.max(...scores))}</text>`}
    </svg>
    <p class="muted">${t("host.distribution_text")}</p>
  `;
}
