// Everybody's sessions that run.

import { post } from "../api.js";
import { spaced } from "../codes.js";
import { confirmed } from "../confirm.js";
import { Button } from "../controls.js";
import { formatTime } from "../dates.js";
import { attempt } from "../host/attempt.js";
import { paceText, sessionStateText } from "../host/session-words.js";
import { notify } from "../notices.js";
import { ListFoot, usePages } from "../pages.js";
import { t } from "../text.js";
import { html } from "../../vendor/preact.js";

export function RunningSessions() {
  const list = usePages("/admin/sessions?limit=50");
  const end = async ({ id, join_code }) => {
    const code = spaced(join_code);
    if (!(await confirmed({ title: t("admin.end_title", { code }), text: t("host.end_text"), action: t("host.end"), danger: true }))) return;
    await attempt(async () => {
      await post(`/admin/sessions/${id}/end`, {});
      list.change((sessions) => sessions.filter((other) => other.id !== id));
      notify(t("admin.ended", { code }), "success");
    });
  };
  return html`
    <main class="desk">
      <div class="desk-head">
        <h1>${t("admin.sessions")}</h1>
        <${Button} onClick=${list.reload}>${t("admin.refresh")}<//>
      </div>
      ${list.items?.length === 0 && html`<p class="empty">${t("admin.no_sessions")}</p>`}
      <ul class="rows">
        ${(list.items ?? []).map(
          (session) => html`
            <li class="card row-card admin-row" key=${session.id}>
              <span class="row-main">
                <strong class="number">${spaced(session.join_code)}</strong>
                <span class="facts">
                  <span>${sessionStateText(session)}</span>
                  <span>${paceText(session.pacing)}</span>
                  <span>${formatTime(session.created_at)}</span>
                </span>
                <code class="admin-id">${session.id}</code>
              </span>
              <${Button} kind="danger" aria-label=${t("admin.end_it", { code: spaced(session.join_code) })} onClick=${() => end(session)}>${t("host.end")}<//>
            </li>
          `,
        )}
      </ul>
      <${ListFoot} list=${list} />
    </main>
  `;
}
