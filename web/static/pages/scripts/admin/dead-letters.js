// What pools could not run: to look at, to send back, to drop.

import { get, post, remove } from "../api.js";
import { confirmed } from "../confirm.js";
import { Button } from "../controls.js";
import { formatTime } from "../dates.js";
import { Dialog } from "../dialog.js";
import { attempt } from "../host/attempt.js";
import { notify, problemText } from "../notices.js";
import { ListFoot, usePages } from "../pages.js";
import { formatNumber, t } from "../text.js";
import { html, useEffect, useState } from "../../vendor/preact.js";

/** `id` is the name of a queue, when only its letters are wanted. */
export function DeadLetters({ id: queue }) {
  const list = usePages(`/admin/dead-letters?limit=50${queue ? `&queue=${encodeURIComponent(queue)}` : ""}`);
  const [shown, setShown] = useState(null);
  const taken = (seq, text) => {
    setShown(null);
    list.change((letters) => letters.filter((other) => other.seq !== seq));
    notify(text, "success");
  };
  const retry = ({ seq }) =>
    attempt(async () => {
      await post(`/admin/dead-letters/${seq}/retry`, {});
      taken(seq, t("admin.retried"));
    });
  const discard = async ({ seq }) => {
    if (!(await confirmed({ title: t("admin.discard_title"), text: t("admin.discard_text"), action: t("admin.discard"), danger: true }))) return;
    await attempt(async () => {
      await remove(`/admin/dead-letters/${seq}`);
      taken(seq, t("admin.discarded"));
    });
  };
  const commands = (letter) => html`
    <${Button} aria-label=${t("admin.retry_it", { seq: letter.seq })} onClick=${() => retry(letter)}>${t("admin.retry")}<//>
    <${Button} kind="danger" aria-label=${t("admin.discard_it", { seq: letter.seq })} onClick=${() => discard(letter)}>${t("admin.discard")}<//>
  `;
  return html`
    <main class="desk">
      <div class="desk-head">
        <h1>${queue ? t("admin.dead_letters_of", { queue }) : t("admin.dead_letters")}</h1>
        <div class="row">
          ${queue && html`<a class="button" href="#/dead-letters">${t("admin.all_letters")}</a>`}
          <${Button} onClick=${list.reload}>${t("admin.refresh")}<//>
        </div>
      </div>
      ${list.items?.length === 0 && html`<p class="empty">${t("admin.no_letters")}</p>`}
      <ul class="rows">
        ${(list.items ?? []).map(
          (letter) => html`
            <li class="card row-card admin-row" key=${letter.seq}>
              <span class="row-main">
                <strong>${letter.error || reasonText(letter.reason)}</strong>
                <span class="facts">
                  <span class="number">#${letter.seq}</span>
                  <span>${letter.queue}</span>
                  ${letter.actor && html`<span>${letter.actor}</span>`}
                  <span>${reasonText(letter.reason)}</span>
                  <span>${t("admin.deliveries", { count: letter.deliveries })}</span>
                  <span>${formatTime(letter.died_at)}</span>
                </span>
              </span>
              <span class="row">
                <${Button} aria-label=${t("admin.look_at", { seq: letter.seq })} onClick=${() => setShown(letter)}>${t("admin.look")}<//>
                ${commands(letter)}
              </span>
            </li>
          `,
        )}
      </ul>
      <${ListFoot} list=${list} />
      ${shown && html`<${Letter} letter=${shown} commands=${commands(shown)} onClose=${() => setShown(null)} />`}
    </main>
  `;
}

/** One letter with everything in it. */
function Letter({ letter, commands, onClose }) {
  const [whole, setWhole] = useState(null);
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    get(`/admin/dead-letters/${letter.seq}`).then(setWhole, setProblem);
  }, [letter.seq]);
  const facts = [
    [t("admin.queue"), letter.queue],
    [t("admin.subject"), letter.subject],
    [t("admin.actor"), letter.actor || "–"],
    [t("admin.reason"), reasonText(letter.reason)],
    [t("admin.size"), t("admin.bytes", { count: letter.size_bytes })],
    [t("admin.died_at"), formatTime(letter.died_at)],
  ];
  return html`
    <${Dialog} title=${t("admin.letter", { seq: formatNumber(letter.seq) })} class="dialog-wide" onClose=${onClose}>
      ${letter.error && html`<p class="note admin-error">${letter.error}</p>`}
      <dl class="letter-facts">${facts.map(([text, value]) => html`<div key=${text}><dt>${text}</dt><dd>${value}</dd></div>`)}</dl>
      ${problem && html`<p class="field-error" role="alert">${problemText(problem)}</p>`}
      ${whole &&
      html`
        <h3>${t("admin.content")}</h3>
        <pre class="letter-content" tabindex="0" role="region" aria-label=${t("admin.content")}>${JSON.stringify(whole.content, null, 2)}</pre>
        <h3>${t("admin.headers")}</h3>
        <pre class="letter-content" tabindex="0" role="region" aria-label=${t("admin.headers")}>${JSON.stringify(whole.headers, null, 2)}</pre>
      `}
      <div class="dialog-foot">${commands}</div>
    <//>
  `;
}

function reasonText(reason) {
  const known = {
    failed: t("admin.failed"),
    undecodable: t("admin.undecodable"),
    unknown_actor: t("admin.unknown_actor"),
    killed_its_worker: t("admin.killed_its_worker"),
  };
  return known[reason] ?? reason;
}
