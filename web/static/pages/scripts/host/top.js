// Above a running session: what it is, how to come in, the way to the screen.

import { Button } from "../controls.js";
import { notify } from "../notices.js";
import { spaced } from "../codes.js";
import { t } from "../text.js";
import { html } from "../../vendor/preact.js";

export function Top({ session, state, command }) {
  const over = state.phase === "ended";
  const link = `${location.origin}/?code=${session.join_code}`;
  const copy = () =>
    (navigator.clipboard?.writeText(link) ?? Promise.reject()).then(
      () => notify(t("host.link_copied"), "success"),
      () => notify(link),
    );
  return html`
    <header class="run-top">
      <div class="run-title">
        <h1 dir="auto">${state.session.title}</h1>
        <p class="facts">
          <span class="number run-code">${spaced(session.join_code)}</span>
          ${state.locked && html`<span class="tag tag-warn">${t("host.locked")}</span>`}
          ${state.paused && html`<span class="tag tag-warn" role="status">${t("host.state_paused")}</span>`}
        </p>
      </div>
      ${!over &&
      html`
        <div class="row run-links">
          <${Button} onClick=${copy}>${t("host.copy_link")}<//>
          <a class="button" href="/screen/${session.id}" target="_blank" rel="noopener">${t("host.open_screen")} <span aria-hidden="true">↗</span></a>
          <${Button} aria-pressed=${state.locked ? "true" : "false"} onClick=${() => command(state.locked ? "unlock" : "lock")}>${state.locked ? t("host.unlock") : t("host.lock")}<//>
        </div>
      `}
    </header>
  `;
}
