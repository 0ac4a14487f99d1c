// A quiz, to be written.

import { confirmed } from "../confirm.js";
import { Button, Choice, Field } from "../controls.js";
import { announce, notify } from "../notices.js";
import { guardLeaving, rename } from "../route.js";
import { t } from "../text.js";
import { html, useEffect, useRef, useState } from "../../vendor/preact.js";
import { refusal } from "./attempt.js";
import { Conflict } from "./conflict.js";
import { caughtUp, draftOf, emptyDraft, emptyQuestion, faultsOf, moved, stillToSend } from "./draft.js";
import { Preview } from "./preview.js";
import { QuestionForm } from "./question-form.js";
import { QuestionList } from "./question-list.js";
import { readQuiz, saveQuiz } from "./saving.js";
import { StartDialog } from "./start.js";

/** `id` is `new` for one that is not stored yet. */
export function Editor({ id }) {
  const [opened, setOpened] = useState(() => (id === "new" ? { draft: emptyDraft(), id: null, tag: null } : null));
  const [problem, setProblem] = useState(null);
  useEffect(() => {
    if (opened !== null) return;
    readQuiz(id).then(({ quiz, tag }) => setOpened({ draft: draftOf(quiz), id, tag }), setProblem);
  }, [opened]);
  if (problem) return html`<main class="desk"><p class="empty" role="alert">${refusal(problem)}</p></main>`;
  if (opened === null) return html`<div class="booting"></div>`;
  return html`<${Desk} key=${opened.tag} opened=${opened} onReload=${() => setOpened(null)} />`;
}

function Desk({ opened, onReload }) {
  const stored = useRef({ id: opened.id, tag: opened.tag });
  const [draft, setDraft] = useState(opened.draft);
  const [saved, setSaved] = useState(opened.draft);
  const [selected, setSelected] = useState(opened.draft.questions[0]?.key ?? null);
  const [faults, setFaults] = useState([]);
  const [conflict, setConflict] = useState(false);
  const [dialog, setDialog] = useState(null);
  const saving = useRef(false);
  const isChanged = draft !== saved;
  useLeaving(isChanged);

  const index = draft.questions.findIndex(({ key }) => key === selected);
  const change = (changes) => setDraft((shown) => ({ ...shown, ...changes }));
  const changeQuestion = (changes) =>
    change({ questions: draft.questions.map((question, place) => (place === index ? { ...question, ...changes } : question)) });
  const add = (question = emptyQuestion()) => {
    const after = index < 0 ? draft.questions.length : index + 1;
    change({ questions: [...draft.questions.slice(0, after), question, ...draft.questions.slice(after)] });
    setSelected(question.key);
  };
  const move = (from, to) => {
    if (to < 0 || to >= draft.questions.length || from === to) return;
    change({ questions: moved(draft.questions, from, to) });
    announce(t("host.moved", { number: to + 1, total: draft.questions.length }));
  };
  const drop = () => {
    const others = draft.questions.filter((_, place) => place !== index);
    change({ questions: others });
    setSelected((others[index] ?? others[index - 1])?.key ?? null);
  };

  const save = async ({ overwrite = false } = {}) => {
    const found = faultsOf(draft);
    setFaults(found);
    if (saving.current) return false;
    if (found.length > 0) {
      if (found[0].index !== null) setSelected(draft.questions[found[0].index].key);
      announce(found[0].index === null ? found[0].text : t("host.fault_in", { number: found[0].index + 1, text: found[0].text }), true);
      return false;
    }
    saving.current = true;
    try {
      const { quiz, tag, refused } = await saveQuiz(stored.current.id, draft, overwrite ? null : stored.current.tag);
      const isNew = stored.current.id === null;
      stored.current = { id: quiz.id, tag };
      const next = draftOf(quiz, { questions: quiz.questions.map(({ id }, place) => ({ id, key: draft.questions[place].key })) });
      setDraft((current) => caughtUp(current, draft, stillToSend(next, draft, refused)));
      setSaved(next);
      setConflict(false);
      for (const refusedPicture of refused.values()) notify(t("host.picture_refused", { reason: refusal(refusedPicture) }), "error");
      if (refused.size === 0) notify(t("host.saved"), "success");
      if (isNew) rename(`/quizzes/${quiz.id}`);
      return true;
    } catch (problem) {
      if (problem.code === "precondition_failed") setConflict(true);
      else notify(refusal(problem), "error");
      return false;
    } finally {
      saving.current = false;
    }
  };
  useSaveKey(save);
  const start = async () => {
    if ((isChanged || stored.current.id === null) && !(await save())) return;
    const quiz = { id: stored.current.id, title: draft.title, question_count: draft.questions.length };
    setDialog(html`<${StartDialog} quiz=${quiz} onClose=${() => setDialog(null)} />`);
  };
  const preview = () => setDialog(html`<${Preview} quiz=${draft} first=${Math.max(0, index)} onClose=${() => setDialog(null)} />`);
  const faultsHere = (place) => faults.filter((fault) => fault.index === place);

  return html`
    <main class="desk editor">
      <div class="desk-head editor-head">
        <h1 class="spoken">${draft.title || t("host.new_quiz")}</h1>
        <a class="link" href="#/quizzes">← <span>${t("host.quizzes")}</span></a>
        <div class="row">
          <span class="muted editor-state" role="status">${isChanged ? t("host.unsaved") : stored.current.id ? t("host.all_saved") : ""}</span>
          <${Button} onClick=${preview}>${t("host.preview")}<//>
          <${Button} disabled=${draft.questions.length === 0} onClick=${start}>${t("host.start")}<//>
          <${Button} kind="primary" disabled=${!isChanged} aria-keyshortcuts="Control+S" onClick=${() => save()}>${t("host.save")}<//>
        </div>
      </div>
      ${conflict && html`<${Conflict} onTheirs=${onReload} onMine=${() => save({ overwrite: true })} />`}
      <section class="card stack" aria-label=${t("host.about_quiz")}>
        <${About} draft=${draft} onChange=${change} fault=${faultsHere(null)[0]} />
      </section>
      <div class="editor-parts">
        <${QuestionList} questions=${draft.questions} selected=${selected} faults=${faults} onSelect=${setSelected} onMove=${move} onAdd=${() => add()} />
        ${index >= 0
          ? html`
              <${QuestionForm}
                key=${selected}
                question=${draft.questions[index]}
                index=${index}
                total=${draft.questions.length}
                faults=${faultsHere(index)}
                onChange=${changeQuestion}
                onMove=${(by) => move(index, index + by)}
                onCopy=${() => add({ ...draft.questions[index], key: emptyQuestion().key, id: null, image_url: null, file: null })}
                onRemove=${drop}
              />
            `
          : html`<p class="card empty">${t("host.no_questions")}</p>`}
      </div>
      ${dialog}
    </main>
  `;
}

function About({ draft, onChange, fault }) {
  return html`
    <${Field} label=${t("host.title")} value=${draft.title} onInput=${(title) => onChange({ title })} error=${fault?.text} maxlength="200" class="editor-title" autofocus=${!draft.title} />
    <details class="more">
      <summary>${t("host.more_about_quiz")}</summary>
      <div class="form-grid">
        <${Field} label=${t("host.description")} value=${draft.description} onInput=${(description) => onChange({ description })} multiline rows="2" maxlength="2000" class="form-whole" />
        <${Field} label=${t("host.tags")} value=${draft.tags} onInput=${(tags) => onChange({ tags })} hint=${t("host.tags_hint")} />
        <${Choice}
          label=${t("host.visibility")}
          value=${draft.visibility}
          onInput=${(visibility) => onChange({ visibility })}
          options=${[["private", t("host.private")], ["public", t("host.public")]]}
          hint=${t("host.visibility_hint")}
        />
      </div>
    </details>
  `;
}

/** Nothing that was written is lost without a question. */
function useLeaving(isChanged) {
  const latest = useRef(isChanged);
  latest.current = isChanged;
  useEffect(() => {
    const warn = (event) => latest.current && event.preventDefault();
    const ask = () => confirmed({ title: t("host.leave_title"), text: t("host.leave_text"), action: t("host.leave"), danger: true });
    guardLeaving(async () => !latest.current || ask());
    window.addEventListener("beforeunload", warn);
    return () => {
      window.removeEventListener("beforeunload", warn);
    };
  }, []);
}

function useSaveKey(save) {
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    const press = (event) => {
      if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      latest.current();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}
