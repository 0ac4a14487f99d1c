// One session: to be run, or to be looked at when it is over.

import { get } from "../api.js";
import { Button } from "../controls.js";
import { t } from "../text.js";
import { html, useEffect, useState } from "../../vendor/preact.js";
import { refusal } from "./attempt.js";
import { isHostedHere, takeOver } from "./hosting.js";
import { Results } from "./results.js";
import { Run } from "./run.js";
import { sessionStateText } from "./session-words.js";

/** `part` is `results` for those of a session that still runs. */
export function SessionPage({ id, part }) {
  const [session, setSession] = useState(null);
  const [problem, setProblem] = useState(null);
  const [here, setHere] = useState(isHostedHere(id));
  const load = () => get(`/sessions/${id}`).then(setSession, setProblem);
  useEffect(() => {
    setProblem(null);
    load();
  }, [id, part]);
  if (problem) {
    return html`
      <main class="desk">
        <div class="empty"><p role="alert">${refusal(problem)}</p><${Button} onClick=${load}>${t("common.again")}<//></div>
      </main>
    `;
  }
  if (session === null) return html`<div class="booting"></div>`;
  if (session.state === "ended" || part === "results") return html`<${Results} session=${session} />`;
  if (!here) {
    const take = () => {
      takeOver(id);
      setHere(true);
    };
    return html`<${TakeOver} session=${session} onTake=${take} />`;
  }
  return html`<${Run} session=${session} />`;
}

/** The session was not started in this browser: say what it means to run it from here. */
function TakeOver({ session, onTake }) {
  return html`
    <main class="centre">
      <section class="card stack take-over">
        <h1>${t("host.take_over_title")}</h1>
        <p><strong>${t("host.running_code", { code: session.join_code })}</strong> · ${sessionStateText(session)}</p>
        <p class="muted">${t("host.take_over_text")}</p>
        <${Button} kind="primary" class="button-wide button-big" focused onClick=${onTake}>${t("host.take_over")}<//>
        <a class="link" href="#/sessions">← ${t("host.sessions")}</a>
      </section>
    </main>
  `;
}
