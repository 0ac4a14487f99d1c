// Who is in: the connected first, answered or not, and what to do about somebody.

import { get, post } from "../api.js";
import { confirmed } from "../confirm.js";
import { Button, Field } from "../controls.js";
import { Menu } from "../menu.js";
import { announce, notify } from "../notices.js";
import { formatNumber, t } from "../text.js";
import { html, useEffect, useState } from "../../vendor/preact.js";
import { attempt } from "./attempt.js";
import { BanDialog, RenameDialog } from "./person-dialogs.js";

const SHOWN = 60;
const SEARCHED_FROM = 12;

export function People({ session, state }) {
  const [words, setWords] = useState("");
  const [all, setAll] = useState(false);
  const [dialog, setDialog] = useState(null);
  const removed = useRemoved(session.id);
  const over = state.phase === "ended";
  const there = new Set(state.presence?.participant_ids ?? []);
  const answered = new Set(state.phase === "open" ? (state.progress?.participant_ids ?? []) : []);
  const wanted = words.trim().toLocaleLowerCase();
  const entries = [...state.board.entries.values()]
    .filter(({ id }) => !removed.ids.has(id))
    .filter(({ nickname }) => nickname.toLocaleLowerCase().includes(wanted))
    .sort((one, other) => there.has(other.id) - there.has(one.id));
  const shown = all ? entries : entries.slice(0, SHOWN);
  const joined = state.board.entries.size;
  const path = (id, what) => `/sessions/${session.id}/participants/${id}/${what}`;
  const kick = async ({ id, nickname }) => {
    const how = { title: t("host.kick_title"), text: t("host.kick_text", { nickname }), action: t("host.kick"), danger: true };
    if (!(await confirmed(how))) return;
    await attempt(async () => {
      await post(path(id, "kick"), {});
      removed.add(id, nickname);
      notify(t("host.kicked", { nickname }));
    });
  };
  const close = () => setDialog(null);
  const ban = (entry) =>
    setDialog(html`
      <${BanDialog}
        nickname=${entry.nickname}
        onClose=${close}
        onBan=${(address) =>
          attempt(async () => {
            await post(path(entry.id, "ban"), { address });
            removed.add(entry.id, entry.nickname);
            close();
            notify(t("host.banned", { nickname: entry.nickname }));
          })}
      />
    `);
  const rename = (entry) =>
    setDialog(html`<${RenameDialog} nickname=${entry.nickname} onClose=${close} onRename=${(nickname) => post(path(entry.id, "rename"), { nickname })} onDone=${() => announce(t("host.renamed"))} />`);
  return html`
    <aside class="card people" aria-label=${t("host.people")}>
      <div class="stage-head">
        <h2>${t("host.people")}</h2>
        <p class="number muted">${t("host.connected", { count: state.presence?.connected ?? 0, total: formatNumber(joined) })}</p>
      </div>
      ${joined >= SEARCHED_FROM && html`<${Field} label=${t("host.find_person")} type="search" value=${words} onInput=${setWords} />`}
      ${joined === 0 && html`<p class="muted">${t("host.nobody")}</p>`}
      <ul class="people-list">
        ${shown.map(
          (entry) => html`
            <li class="person" key=${entry.id}>
              <span class="person-dot ${there.has(entry.id) ? "is-there" : ""}" role="img" aria-label=${there.has(entry.id) ? t("host.is_there") : t("host.is_away")}></span>
              <span class="person-name" dir="auto">${entry.nickname}</span>
              ${answered.has(entry.id) && html`<span class="person-answered" role="img" aria-label=${t("host.has_answered")}>✓</span>`}
              ${!over &&
              html`
                <${Menu}
                  label=${t("host.more_for", { title: entry.nickname })}
                  items=${[
                    [t("host.rename"), () => rename(entry)],
                    [t("host.kick"), () => kick(entry), true],
                    [t("host.ban"), () => ban(entry), true],
                  ]}
                />
              `}
            </li>
          `,
        )}
      </ul>
      ${shown.length < entries.length && html`<${Button} kind="quiet" onClick=${() => setAll(true)}>${t("host.all_people", { count: entries.length })}<//>`}
      ${removed.names.length > 0 && html`<p class="muted people-removed" dir="auto">${t("host.removed", { names: removed.names.join(", ") })}</p>`}
      ${dialog}
    </aside>
  `;
}

/** Those who were thrown out, also by another device or before a reload: `{ids, names, add}`. */
function useRemoved(sessionId) {
  const [removed, setRemoved] = useState(new Map());
  const add = (id, nickname) => setRemoved((shown) => new Map(shown).set(id, nickname));
  useEffect(() => {
    let gone = false;
    const load = async (cursor) => {
      const page = await get(`/sessions/${sessionId}/participants?limit=1000${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      for (const { participant_id, nickname, kicked } of page.items) if (kicked && !gone) add(participant_id, nickname);
      if (page.next_cursor && !gone) await load(page.next_cursor);
    };
    load(null).catch(() => null); // then they are only missing from the foot of the list
    return () => (gone = true);
  }, [sessionId]);
  return { ids: removed, names: [...removed.values()], add };
}
