// One's quizzes, and everybody's public ones.

import { post, remove } from "../api.js";
import { confirmed } from "../confirm.js";
import { Button, Choice, Field } from "../controls.js";
import { useLater } from "../later.js";
import { notify } from "../notices.js";
import { ListFoot, usePages } from "../pages.js";
import { go } from "../route.js";
import { saveFile } from "../save-file.js";
import { newId } from "../session-socket.js";
import { t } from "../text.js";
import { html, useState } from "../../vendor/preact.js";
import { attempt } from "./attempt.js";
import { ImportDialog } from "./import.js";
import { PreviewDialog } from "./preview.js";
import { QuizCard } from "./quiz-card.js";
import { RunningNow } from "./running-now.js";
import { StartDialog } from "./start.js";

export function Quizzes() {
  const [words, setWords] = useState("");
  const [scope, setScope] = useState("own");
  const [dialog, setDialog] = useState(null);
  const searched = useLater(words.trim());
  const list = usePages(`/quizzes?scope=${scope}&q=${encodeURIComponent(searched)}`);
  const close = () => setDialog(null);
  const actions = {
    start: (quiz) => setDialog(html`<${StartDialog} quiz=${quiz} onClose=${close} />`),
    preview: (quiz) => setDialog(html`<${PreviewDialog} id=${quiz.id} onClose=${close} />`),
    duplicate: (quiz) =>
      attempt(async () => {
        const copy = await post(`/quizzes/${quiz.id}/duplicate`, {}, { headers: { "Idempotency-Key": newId() } });
        notify(t("host.duplicated", { title: copy.title }), "success");
        if (scope === "own") list.reload();
        else setScope("own");
      }),
    save: (quiz, format) => attempt(() => saveFile(`/quizzes/${quiz.id}/export?format=${format}`, `quiz.${format}`)),
    remove: async (quiz) => {
      const how = { title: t("host.delete_title"), text: t("host.delete_text", { title: quiz.title }), action: t("host.delete"), danger: true };
      if (!(await confirmed(how))) return;
      await attempt(async () => {
        await remove(`/quizzes/${quiz.id}`);
        list.change((quizzes) => quizzes.filter((other) => other.id !== quiz.id));
        notify(t("host.deleted", { title: quiz.title }));
      });
    },
  };
  return html`
    <main class="desk">
      <${RunningNow} />
      <div class="desk-head">
        <h1>${t("host.quizzes")}</h1>
        <div class="row">
          <${Button} onClick=${() => setDialog(html`<${ImportDialog} onClose=${close} onImported=${list.reload} />`)}>${t("host.import")}<//>
          <${Button} kind="primary" onClick=${() => go("/quizzes/new")}>${t("host.new_quiz")}<//>
        </div>
      </div>
      <search class="filters">
        <${Field} label=${t("host.search")} type="search" value=${words} onInput=${setWords} placeholder=${t("host.search_hint")} maxlength="200" />
        <${Choice} label=${t("host.scope")} value=${scope} onInput=${setScope} options=${[["own", t("host.scope_own")], ["public", t("host.scope_public")]]} />
      </search>
      ${list.items?.length === 0 && html`<${Nothing} isSearch=${Boolean(searched) || scope !== "own"} />`}
      <ul class="cards">
        ${(list.items ?? []).map((quiz) => html`<${QuizCard} key=${quiz.id} quiz=${quiz} own=${scope === "own"} actions=${actions} />`)}
      </ul>
      <${ListFoot} list=${list} />
      ${dialog}
    </main>
  `;
}

function Nothing({ isSearch }) {
  if (isSearch) return html`<p class="empty">${t("host.nothing_found")}</p>`;
  return html`
    <section class="empty">
      <h2>${t("host.first_quiz")}</h2>
      <p class="muted">${t("host.first_quiz_text")}</p>
      <${Button} kind="primary" onClick=${() => go("/quizzes/new")}>${t("host.new_quiz")}<//>
    </section>
  `;
}
