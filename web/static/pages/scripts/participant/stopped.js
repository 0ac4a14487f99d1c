// When there is no way back by itself: why, and what one can do.

import { Brand } from "../brand.js";
import { Button } from "../controls.js";
import { announce } from "../notices.js";
import { Preferences } from "../preferences.js";
import { t } from "../text.js";
import { html, useEffect } from "../../vendor/preact.js";

const REPLACED = 4504;
const KICKED = 4503;
const ENDED = 4505;
const BAD_TICKET = 4501;

export function Stopped({ status, membership, onLeave, onAgain }) {
  const { title, text, again } = explain(status);
  useEffect(() => announce(`${title} ${text}`, true), [title]);
  return html`
    <header class="bar"><${Brand} /><${Preferences} /></header>
    <main class="centre stopped">
      <h1>${title}</h1>
      <p class="muted">${text}</p>
      ${again === "here" && html`<${Button} kind="primary" class="button-big" onClick=${() => location.reload()}>${t("stopped.here")}<//>`}
      ${again === "join" && html`<${Button} kind="primary" class="button-big" onClick=${onAgain}>${t("stopped.join", { code: membership.code })}<//>`}
      <${Button} kind="quiet" onClick=${onLeave}>${t("finale.another")}<//>
    </main>
  `;
}

function explain({ code, reason }) {
  if (code === REPLACED) return { title: t("stopped.replaced"), text: t("stopped.replaced_text"), again: "here" };
  if (code === KICKED && reason !== "login_ended") return { title: t("stopped.kicked"), text: t("stopped.kicked_text") };
  if (code === KICKED) return { title: t("stopped.login"), text: t("stopped.login_text"), again: "join" };
  if (code === ENDED) return { title: t("problem.session_ended"), text: t("stopped.ended_text") };
  if (code === BAD_TICKET) return { title: t("stopped.unknown"), text: t("stopped.unknown_text"), again: "join" };
  return { title: t("common.broken"), text: t("stopped.broken_text"), again: "here" };
}
