// Everybody's answers, in a table: right, wrong, or none.

import { Button } from "../controls.js";
import { formatNumber, t } from "../text.js";
import { html, useState } from "../../vendor/preact.js";

const ROWS = 50;
const COLUMNS = 40; // of questions; the files have them all

export function ResultsTable({ questions, participants }) {
  const [shown, setShown] = useState(ROWS);
  const columns = questions.slice(0, COLUMNS);
  return html`
    <div class="table-frame" tabindex="0" role="region" aria-label=${t("host.by_person")}>
      <table class="table results-table">
        <thead>
          <tr>
            <th scope="col">${t("host.rank")}</th>
            <th scope="col">${t("host.nickname")}</th>
            <th scope="col" class="table-number">${t("host.score")}</th>
            <th scope="col" class="table-number">${t("host.right")}</th>
            ${columns.map(({ title }, index) => html`<th scope="col" class="table-mark" key=${index} title=${title}><span aria-hidden="true">${index + 1}</span><span class="spoken">${title}</span></th>`)}
          </tr>
        </thead>
        <tbody>
          ${participants.slice(0, shown).map((participant) => html`<${Row} key=${participant.participant_id} participant=${participant} columns=${columns} />`)}
        </tbody>
      </table>
    </div>
    ${shown < participants.length && html`<${Button} onClick=${() => setShown(shown + ROWS * 4)}>${t("common.load_more")}<//>`}
  `;
}

function Row({ participant, columns }) {
  const answers = new Map(participant.answers.map((answer) => [answer.question_id, answer]));
  const right = participant.answers.filter(({ correct }) => correct).length;
  return html`
    <tr>
      <td><span class="standing-rank number rank-${Math.min(participant.rank, 4)}">${participant.rank}</span></td>
      <th scope="row"><bdi>${participant.nickname}</bdi></th>
      <td class="table-number number">${formatNumber(participant.score)}</td>
      <td class="table-number number">${right}</td>
      ${columns.map(({ question_id }) => {
        const answer = answers.get(question_id);
        if (!answer) return html`<td class="table-mark" key=${question_id}><span class="mark mark-none" role="img" aria-label=${t("host.no_answer")}>·</span></td>`;
        const text = answer.correct ? t("host.right_answer", { option: answer.option }) : t("host.wrong_answer", { option: answer.option });
        return html`
          <td class="table-mark" key=${question_id}>
            <span class="mark ${answer.correct ? "mark-right" : "mark-wrong"}" role="img" aria-label=${text} title=${text}>${answer.correct ? "✓" : "✗"}</span>
          </td>
        `;
      })}
    </tr>
  `;
}
