// Everybody with an account: what they may do, and whether they may come in.

import { put } from "../api.js";
import { confirmed } from "../confirm.js";
import { Button, Field } from "../controls.js";
import { formatDate } from "../dates.js";
import { attempt } from "../host/attempt.js";
import { useLater } from "../later.js";
import { notify } from "../notices.js";
import { ListFoot, usePages } from "../pages.js";
import { t } from "../text.js";
import { html, useState } from "../../vendor/preact.js";

export function Users({ me }) {
  const [words, setWords] = useState("");
  const searched = useLater(words.trim());
  const list = usePages(`/admin/users?limit=50${searched && `&text=${encodeURIComponent(searched)}`}`);
  const change = (user, changes) =>
    attempt(async () => {
      const changed = await put(`/admin/users/${user.id}`, changes);
      list.change((users) => users.map((other) => (other.id === changed.id ? changed : other)));
      notify(t("admin.changed", { name: changed.display_name }), "success");
    });
  const ban = async (user) => {
    const how = { title: t("admin.ban_title", { name: user.display_name }), text: t("admin.ban_text"), action: t("admin.ban"), danger: true };
    if (await confirmed(how)) await change(user, { banned: true });
  };
  return html`
    <main class="desk">
      <div class="desk-head"><h1>${t("admin.users")}</h1></div>
      <search class="filters"><${Field} label=${t("admin.search")} hint=${t("admin.search_hint")} type="search" value=${words} onInput=${setWords} maxlength="254" /></search>
      ${list.items?.length === 0 && html`<p class="empty">${t("admin.no_users")}</p>`}
      <ul class="rows">
        ${(list.items ?? []).map(
          (user) => html`
            <li class="card row-card admin-row" key=${user.id}>
              <span class="row-main">
                <strong dir="auto">${user.display_name}</strong>
                <span class="facts">
                  <span>${user.email}</span>
                  <span>${t("admin.since", { date: formatDate(user.created_at) })}</span>
                  ${user.banned && html`<span class="tag tag-wrong">${t("admin.banned")}</span>`}
                  ${user.id === me.id && html`<span class="tag">${t("common.you")}</span>`}
                </span>
              </span>
              <span class="row">
                <select class="input admin-role" aria-label=${t("admin.role_of", { name: user.display_name })} value=${user.role} disabled=${user.id === me.id} onChange=${(event) => change(user, { role: event.target.value })}>
                  ${[["participant", t("admin.participant")], ["host", t("admin.host")], ["admin", t("admin.admin")]].map(
                    ([role, text]) => html`<option key=${role} value=${role} selected=${role === user.role}>${text}</option>`,
                  )}
                </select>
                ${user.banned
                  ? html`<${Button} aria-label=${t("admin.unban_it", { name: user.display_name })} onClick=${() => change(user, { banned: false })}>${t("admin.unban")}<//>`
                  : html`<${Button} kind="danger" aria-label=${t("admin.ban_it", { name: user.display_name })} disabled=${user.id === me.id} onClick=${() => ban(user)}>${t("admin.ban")}<//>`}
              </span>
            </li>
          `,
        )}
      </ul>
      <${ListFoot} list=${list} />
    </main>
  `;
}
