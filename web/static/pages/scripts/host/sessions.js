// The sessions one has run, and those that run.

import { formatTime } from "../dates.js";
import { Choice } from "../controls.js";
import { spaced } from "../codes.js";
import { ListFoot, usePages } from "../pages.js";
import { t } from "../text.js";
import { html, useState } from "../../vendor/preact.js";
import { paceText, sessionStateText } from "./session-words.js";
import { useTitles } from "./titles.js";

export function Sessions() {
  const [state, setState] = useState("");
  const list = usePages(`/sessions?limit=30${state && `&state=${state}`}`);
  const titles = useTitles(list.items ?? []);
  const options = [["", t("host.all_sessions")], ["lobby", t("host.state_lobby")], ["open", t("host.state_open")], ["closed", t("host.state_closed")], ["ended", t("host.state_ended")]];
  return html`
    <main class="desk">
      <div class="desk-head"><h1>${t("host.sessions")}</h1></div>
      <div class="filters"><${Choice} label=${t("host.state")} value=${state} onInput=${setState} options=${options} /></div>
      ${list.items?.length === 0 && html`<p class="empty">${t("host.no_sessions")}</p>`}
      <ul class="rows">
        ${(list.items ?? []).map(
          (session) => html`
            <li key=${session.id}>
              <a class="card row-card" href="#/sessions/${session.id}">
                <span class="row-main">
                  <strong dir="auto">${titles.get(session.quiz_id) ?? t("host.session_code", { code: spaced(session.join_code) })}</strong>
                  <span class="facts">
                    <span>${formatTime(session.created_at)}</span>
                    <span class="number">${spaced(session.join_code)}</span>
                    <span>${paceText(session.pacing)}</span>
                    <span>${t("host.questions", { count: session.question_count })}</span>
                  </span>
                </span>
                <span class="tag ${session.state === "ended" ? "tag-soft" : "tag-live"}">${sessionStateText(session)}</span>
              </a>
            </li>
          `,
        )}
      </ul>
      <${ListFoot} list=${list} />
    </main>
  `;
}
