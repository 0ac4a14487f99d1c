// The three best ranks, on steps.

import { html } from "../vendor/preact.js";
import { t } from "./text.js";

const SHOWN_PER_STEP = 3;

/** `places` is the podium of `ended`: everybody on ranks 1 to 3, best first. */
export function Podium({ places, me = null }) {
  const steps = [2, 1, 3].map((rank) => ({ rank, there: places.filter((place) => place.rank === rank) }));
  return html`
    <ol class="podium" aria-label=${t("common.podium")}>
      ${steps
        .filter(({ there }) => there.length)
        .map(
          ({ rank, there }) => html`
            <li class="step step-${rank}" key=${rank} value=${rank}>
              <div class="step-names">
                ${there
                  .slice(0, SHOWN_PER_STEP)
                  .map((place) => html`<span class="step-name ${place.participant_id === me ? "step-mine" : ""}" dir="auto" key=${place.participant_id}>${place.nickname}</span>`)}
                ${there.length > SHOWN_PER_STEP && html`<span class="muted">${t("common.more", { count: there.length - SHOWN_PER_STEP })}</span>`}
              </div>
              <div class="step-block">
                <span class="step-rank number" aria-label=${t("common.rank", { rank })}>${rank}</span>
                <span class="step-score number">${t("common.points", { count: there[0].score })}</span>
              </div>
            </li>
          `,
        )}
    </ol>
  `;
}
