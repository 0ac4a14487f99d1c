// A quiz from a file, with a report of what was left out.

import { ask } from "../api.js";
import { Button } from "../controls.js";
import { Dialog } from "../dialog.js";
import { go } from "../route.js";
import { newId } from "../session-socket.js";
import { t } from "../text.js";
import { html, useRef, useState } from "../../vendor/preact.js";
import { refusal } from "./attempt.js";
import { FileDrop } from "./file-drop.js";

const TYPES = ".txt,.gift,.json,.zip,.xlsx,text/plain,application/json";

export function ImportDialog({ onClose, onImported }) {
  const [report, setReport] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const sent = useRef(null);
  const take = async (file) => {
    setProblem(null);
    setBusy(true);
    // The same file again is the same quiz, should the first reply have been lost.
    if (sent.current?.file !== file) sent.current = { file, key: newId() };
    const body = new FormData();
    body.append("file", file);
    try {
      setReport(await ask("POST", "/quizzes/import", { body, headers: { "Idempotency-Key": sent.current.key } }));
      onImported();
    } catch (refused) {
      setProblem(refused);
    }
    setBusy(false);
  };
  return html`
    <${Dialog} title=${t("host.import_title")} onClose=${onClose}>
      ${report
        ? html`<${Report} report=${report} onClose=${onClose} />`
        : html`
            <p class="muted">${t("host.import_text")}</p>
            <${FileDrop} accept=${TYPES} busy=${busy} text=${t("host.import_drop")} onFile=${take} />
            ${problem &&
            html`
              <div role="alert">
                <p class="field-error" dir="auto">${refusal(problem)}</p>
                ${problem.code === "unreadable_file" && html`<p class="muted" lang="en">${problem.message}</p>`}
              </div>
            `}
          `}
    <//>
  `;
}

function Report({ report, onClose }) {
  const open = () => {
    onClose();
    go(`/quizzes/${report.quiz_id}`);
  };
  return html`
    <p class="note note-good" role="status">${t("host.imported", { count: report.imported })}</p>
    ${report.rejected.length > 0 &&
    html`
      <h3>${t("host.rejected", { count: report.rejected.length })}</h3>
      <div class="table-frame" tabindex="0" role="region" aria-label=${t("host.rejected", { count: report.rejected.length })}>
        <table class="table">
          <thead>
            <tr><th scope="col">${t("host.line")}</th><th scope="col">${t("host.reason")}</th></tr>
          </thead>
          <tbody>
            ${report.rejected.slice(0, 500).map(({ line, reason }) => html`<tr><td class="number">${line}</td><td dir="auto">${reason}</td></tr>`)}
          </tbody>
        </table>
      </div>
    `}
    <div class="dialog-foot">
      <${Button} onClick=${onClose}>${t("common.close")}<//>
      <${Button} kind="primary" focused onClick=${open}>${t("host.open_quiz")}<//>
    </div>
  `;
}
