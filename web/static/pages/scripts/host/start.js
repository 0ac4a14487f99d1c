// How to run a quiz: everything has a sensible value already.

import { post } from "../api.js";
import { Button } from "../controls.js";
import { Dialog } from "../dialog.js";
import { go } from "../route.js";
import { newId } from "../session-socket.js";
import { recall, remember } from "../storage.js";
import { t } from "../text.js";
import { html, useRef, useState } from "../../vendor/preact.js";
import { refusal } from "./attempt.js";
import { takeOver } from "./hosting.js";
import { bodyOfSettings, DEFAULTS, Settings } from "./settings.js";

const REMEMBERED = "host-settings";

export function StartDialog({ quiz, onClose }) {
  const [settings, setSettings] = useState({ ...DEFAULTS, ...recall(REMEMBERED) });
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const sent = useRef({});
  const start = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(null);
    const body = bodyOfSettings(settings);
    // The same once more is the same request: two clicks make one session.
    const text = JSON.stringify(body);
    if (sent.current.text !== text) sent.current = { text, key: newId() };
    try {
      const session = await post(`/quizzes/${quiz.id}/start`, body, { headers: { "Idempotency-Key": sent.current.key } });
      remember(REMEMBERED, settings);
      takeOver(session.id);
      onClose();
      go(`/sessions/${session.id}`);
    } catch (refused) {
      setProblem(refused);
      setBusy(false);
    }
  };
  return html`
    <${Dialog} title=${t("host.start_title", { title: quiz.title })} class="dialog-wide" onClose=${onClose}>
      <form class="stack" onSubmit=${start}>
        <${Settings} settings=${settings} count=${quiz.question_count} onChange=${(changes) => setSettings({ ...settings, ...changes })} />
        ${problem && html`<p class="field-error" role="alert" dir="auto">${refusal(problem)}</p>`}
        <div class="dialog-foot">
          <${Button} onClick=${onClose}>${t("common.cancel")}<//>
          <${Button} kind="primary" type="submit" focused busy=${busy}>${t("host.start_now")}<//>
        </div>
      </form>
    <//>
  `;
}
