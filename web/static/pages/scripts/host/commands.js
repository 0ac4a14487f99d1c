// What a host can do: one big button for what comes next, which the space key presses too, and the rest beside it.

import { confirmed } from "../confirm.js";
import { Button } from "../controls.js";
import { nextNumber } from "../phases.js";
import { t } from "../text.js";
import { TimerBar, timesOf } from "../timer.js";
import { html, useEffect, useRef } from "../../vendor/preact.js";

const MORE_S = 30;
const TYPED_IN = "input, textarea, select, button, a, summary, [contenteditable], dialog";

export function Commands({ state, socket, counting, command }) {
  const { phase, paused, session } = state;
  const self = session.pacing === "self";
  const main = mainCommand(state);
  const times = phase === "open" && !self && state.question && !counting ? timesOf(state, socket) : null;
  const run = useOnce(state.version, () => main.name, command);
  useSpace(main === null ? null : run);
  const end = async () => {
    const how = { title: t("host.end_title"), text: t("host.end_text"), action: t("host.end"), danger: true };
    if (await confirmed(how)) await command("end");
  };
  const canExtend = !self && (times !== null || (state.nextAt !== null && session.pacing === "timed"));
  return html`
    <section class="commands" aria-label=${t("host.commands")}>
      ${times && html`<div class="commands-timer"><${TimerBar} ...${times} /></div>`}
      <div class="commands-others">
        ${!paused && phase !== "lobby" && html`<${Button} onClick=${() => command("pause")}>${t("host.pause")}<//>`}
        ${canExtend && html`<${Button} onClick=${() => command("extend", { seconds: MORE_S })}>${t("host.extend", { count: MORE_S })}<//>`}
        ${phase === "open" && !self && !paused && html`<${Button} onClick=${() => command("next")}>${t("host.skip")}<//>`}
        ${phase === "open" && !self && paused && html`<${Button} onClick=${() => command("close")}>${t("host.close_question")}<//>`}
        <${Button} kind="danger" onClick=${end}>${t("host.end")}<//>
      </div>
      ${main &&
      html`
        <${Button} kind="primary" class="commands-main" disabled=${phase === "closing"} focused aria-keyshortcuts="Space" onClick=${run}>
          ${main.text} <kbd aria-hidden="true">${t("host.space_key")}</kbd>
        <//>
      `}
    </section>
  `;
}

/** `{name, text}` of the command that comes next; null when there is none but to end it all. */
function mainCommand(state) {
  const { phase, paused, session } = state;
  if (paused) return { name: "resume", text: t("host.resume") };
  if (session.pacing === "self") return null;
  if (phase === "lobby") return { name: "next", text: t("host.begin") };
  if (phase === "open" || phase === "closing") return { name: "close", text: t("host.close_question") };
  const number = nextNumber(state);
  if (number > session.question_count) return { name: "next", text: t("host.finish") };
  return { name: "next", text: t("host.next_question", { number, total: session.question_count }) };
}

/**
 * Has the command of the moment carried out once for each version of the session: whoever presses twice means one step, and
 * whoever presses as soon as the next step is shown means that, though the reply to the last one may still be under way.
 */
function useOnce(version, nameOf, command) {
  const step = useRef(null);
  return () => {
    const pressed = `${nameOf()} ${version}`;
    if (step.current === pressed) return;
    step.current = pressed;
    command(nameOf()).then((isDone) => {
      if (!isDone && step.current === pressed) step.current = null;
    });
  };
}

/** The space key does `run`, wherever it is not meant for something else. */
function useSpace(run) {
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    const press = (event) => {
      if (event.key !== " " || event.repeat || latest.current === null) return;
      if (event.target.closest(TYPED_IN) || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}
