// Coming in: the code, and how one wants to be called.

import { Brand } from "../brand.js";
import { Button, Field } from "../controls.js";
import { problemText } from "../notices.js";
import { Preferences } from "../preferences.js";
import { recall } from "../storage.js";
import { t } from "../text.js";
import { html, useState } from "../../vendor/preact.js";
import { join, openMemberships, plainCode } from "./membership.js";

const NICKNAME_MAX = 40;

/** `code` is there already when one came by a link or a QR code; `lost` when one came to a page that is not there. */
export function Join({ code: given, lost, onJoined }) {
  const [code, setCode] = useState(given);
  const [nickname, setNickname] = useState(recall("nickname") ?? "");
  const [problem, setProblem] = useState({});
  const known = openMemberships().filter((membership) => !given || membership.code === given);
  const submit = async () => {
    const wanted = plainCode(code);
    if (!/^\d{4,9}$/.test(wanted)) {
      setProblem({ code: t("join.code_wrong") });
      return;
    }
    setProblem({});
    try {
      onJoined(await join(wanted, nickname.trim()));
    } catch (error) {
      setProblem(explain(error));
    }
  };
  const nearly = given && !problem.code && !problem.other;
  const title = lost ? t("join.lost") : nearly ? t("join.title_code") : t("join.title");
  return html`
    <header class="bar"><${Brand} /><${Preferences} /></header>
    <main class="centre join">
      <h1>${title}</h1>
      ${lost && html`<p class="muted join-lost">${t("join.lost_hint")}</p>`}
      <${Form} class="card stack" onSubmit=${submit} busyText=${t("join.submit")}>
        <${Field}
          label=${t("join.code")}
          value=${code}
          onInput=${setCode}
          error=${problem.code}
          class="join-code"
          inputmode="numeric"
          autocomplete="off"
          placeholder="123456"
          maxlength="14"
          dir="ltr"
          autofocus=${!given && !lost}
        />
        <${Field}
          label=${t("join.nickname")}
          value=${nickname}
          onInput=${setNickname}
          error=${problem.nickname}
          hint=${t("join.nickname_hint")}
          autocomplete="nickname"
          maxlength=${NICKNAME_MAX}
          autofocus=${Boolean(given)}
        />
        ${problem.other && html`<p class="field-error" role="alert">${problem.other}</p>`}
      <//>
      ${known.slice(0, 1).map(
        (membership) => html`
          <div class="join-back">
            <p class="muted">${t("join.back", { nickname: membership.nickname })}</p>
            <${Button} onClick=${() => onJoined(membership)}>${t("join.back_button", { code: membership.code })}<//>
          </div>
        `,
      )}
    </main>
    <footer class="join-foot">
      <a href="/host">${t("join.host")}</a>
    </footer>
  `;
}

function Form({ onSubmit, busyText, children, class: name }) {
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    await onSubmit();
    setBusy(false);
  };
  return html`
    <form class=${name} onSubmit=${submit} novalidate>
      ${children}
      <${Button} kind="primary" type="submit" class="button-wide button-big" busy=${busy}>${busyText}<//>
    </form>
  `;
}

function explain(problem) {
  switch (problem.code) {
    case "not_found":
      return { code: t("join.code_unknown") };
    case "nickname_taken":
      return { nickname: t("join.nickname_taken") };
    case "nickname_invalid":
      return { nickname: t("join.nickname_invalid") };
    case "nickname_not_allowed":
      return { nickname: t("join.nickname_not_allowed") };
    case "kicked":
      return { other: t("join.kicked") };
    case "banned":
      return { other: t("join.banned") };
    case "late_join_denied":
      return { other: t("join.late") };
    case "session_locked":
      return { other: t("join.locked") };
    case "session_not_running":
      return { code: t("join.not_running") };
    default:
      return { other: problemText(problem) };
  }
}
