// A quiz while it is written: what the form holds, and what the API takes.

import { newId } from "../session-socket.js";
import { t } from "../text.js";

export const OPTIONS_MIN = 2;
export const OPTIONS_MAX = 4;
export const TIME_MIN_S = 5;
export const TIME_MAX_S = 300;
export const WEIGHT_MAX = 10;

/** A quiz without anything in it. */
export function emptyDraft() {
  return { title: "", description: "", tags: "", visibility: "private", questions: [emptyQuestion()] };
}

/** A question to be filled in. `key` is for the page alone. */
export function emptyQuestion() {
  return {
    key: newId(),
    id: null,
    title: "",
    explanation: "",
    time_limit_s: "20",
    weight: "1",
    image_url: null,
    file: null, // a picture that is not sent yet
    options: Array.from({ length: OPTIONS_MAX }, () => ({ text: "", is_correct: false })),
  };
}

/** The draft of a quiz of the API. Questions keep the keys that they have in `before`. */
export function draftOf(quiz, before = null) {
  const keys = new Map(before?.questions.map(({ id, key }) => [id, key]));
  return {
    title: quiz.title,
    description: quiz.description,
    tags: quiz.tags.join(", "),
    visibility: quiz.visibility,
    questions: quiz.questions.map((question) => ({
      key: keys.get(question.id) ?? question.id,
      id: question.id,
      title: question.title,
      explanation: question.explanation ?? "",
      time_limit_s: question.time_limit_s === null ? "" : String(question.time_limit_s),
      weight: String(question.weight),
      image_url: question.image_url,
      file: null,
      options: question.options.map(({ text, is_correct }) => ({ text, is_correct })),
    })),
  };
}

/** `current`, which was changed while `sent` was being saved, with what `saved` knows: ids, and pictures that were sent. */
export function caughtUp(current, sent, saved) {
  if (current === sent) return saved;
  const before = new Map(sent.questions.map((question) => [question.key, question]));
  const after = new Map(saved.questions.map((question) => [question.key, question]));
  return {
    ...current,
    questions: current.questions.map((question) => {
      const stored = after.get(question.key);
      if (!stored) return question;
      const { image_url, file } = question.image_url === before.get(question.key).image_url ? stored : question;
      return { ...question, id: stored.id, image_url, file };
    }),
  };
}

/** `saved` with the pictures of `sent` that did not arrive, but may another time; `refused` are problems by question id. */
export function stillToSend(saved, sent, refused) {
  if (![...refused.values()].some((problem) => problem.retryable)) return saved;
  const questions = saved.questions.map((question, index) => {
    const { image_url, file } = sent.questions[index];
    return refused.get(question.id)?.retryable ? { ...question, image_url, file } : question;
  });
  return { ...saved, questions };
}

/** The body that the API takes. Options without a text are left out. */
export function bodyOf(draft) {
  return {
    title: draft.title.trim(),
    description: draft.description.trim(),
    tags: draft.tags.split(",").map((tag) => tag.trim()).filter(Boolean),
    visibility: draft.visibility,
    questions: draft.questions.map((question) => ({
      ...(question.id ? { id: question.id } : {}),
      title: question.title.trim(),
      explanation: question.explanation.trim() || null,
      time_limit_s: question.time_limit_s === "" ? null : Number(question.time_limit_s),
      weight: Number(question.weight),
      options: written(question).map(({ text, is_correct }) => ({ text: text.trim(), is_correct })),
    })),
  };
}

/** What keeps the draft from being saved, first things first: `[{index, field, text}]`, `index` null for the quiz itself. */
export function faultsOf(draft) {
  const faults = [];
  if (!draft.title.trim()) faults.push({ index: null, field: "title", text: t("host.title_needed") });
  draft.questions.forEach((question, index) => {
    const wrong = (field, text) => faults.push({ index, field, text });
    const options = written(question);
    if (!question.title.trim()) wrong("title", t("host.question_needed"));
    if (options.length < OPTIONS_MIN) wrong("options", t("host.options_needed"));
    else if (!options.some((option) => option.is_correct)) wrong("options", t("host.correct_needed"));
    if (question.time_limit_s !== "" && !isWithin(question.time_limit_s, TIME_MIN_S, TIME_MAX_S)) {
      wrong("time_limit_s", t("host.time_wrong", { least: TIME_MIN_S, most: TIME_MAX_S }));
    }
    if (!isWithin(question.weight, 0, WEIGHT_MAX)) wrong("weight", t("host.weight_wrong", { most: WEIGHT_MAX }));
  });
  return faults;
}

/** The questions with the one at `from` moved to `to`. */
export function moved(questions, from, to) {
  const others = questions.filter((_, index) => index !== from);
  return [...others.slice(0, to), questions[from], ...others.slice(to)];
}

function written(question) {
  return question.options.filter(({ text }) => text.trim());
}

function isWithin(text, least, most) {
  const number = Number(text);
  return text !== "" && Number.isInteger(number) && number >= least && number <= most;
}
