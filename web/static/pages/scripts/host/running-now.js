// Sessions that run, above everything else: whoever closed the tab finds back.

import { get } from "../api.js";
import { t } from "../text.js";
import { html, useEffect, useState } from "../../vendor/preact.js";
import { sessionStateText } from "./session-words.js";

const SHOWN = 3;
const STATES = ["lobby", "open", "closing", "closed"];

export function RunningNow() {
  const [sessions, setSessions] = useState([]);
  useEffect(() => {
    let gone = false;
    // The newest are enough: old ones are in the list of sessions.
    get("/sessions?limit=50").then(
      ({ items }) => !gone && setSessions(items.filter(({ state }) => STATES.includes(state)).slice(0, SHOWN)),
      () => null, // then they are not offered
    );
    return () => (gone = true);
  }, []);
  if (sessions.length === 0) return null;
  return html`
    <section class="running" aria-label=${t("host.running_now")}>
      ${sessions.map(
        (session) => html`
          <a class="running-one" key=${session.id} href="#/sessions/${session.id}">
            <span class="running-dot" aria-hidden="true"></span>
            <strong>${t("host.running_code", { code: session.join_code })}</strong>
            <span class="muted">${sessionStateText(session)}</span>
            <span class="running-go">${t("host.open_session")} →</span>
          </a>
        `,
      )}
    </section>
  `;
}
