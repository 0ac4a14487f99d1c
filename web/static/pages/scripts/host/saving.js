// From a draft to the API, pictures included.

import { Problem, ask, get, post, remove } from "../api.js";
import { newId } from "../session-socket.js";
import { bodyOf } from "./draft.js";

const LOOK_AGAIN_MS = 500;
const PICTURE_MS = 30_000;

let made = { body: null, key: null };

/** `{quiz, tag}`: as it is stored, and its ETag. */
export async function readQuiz(id) {
  return withTag(await get(`/quizzes/${id}`, { as: "reply" }));
}

/**
 * Store the draft: `{quiz, tag, refused}`, the latter the problems of pictures that were not taken, by question id.
 * `id` is null for a new quiz; with `tag` it is refused (412) when somebody has changed it since.
 */
export async function saveQuiz(id, draft, tag) {
  let stored = id === null ? await create(draft) : await replace(id, draft, tag);
  const ids = stored.quiz.questions.map((question) => question.id);
  const refused = new Map();
  let changed = false;
  for (const [index, question] of draft.questions.entries()) {
    const path = `/quizzes/${stored.quiz.id}/questions/${ids[index]}/image`;
    const before = stored.quiz.questions[index].image_url;
    if (!question.file && (question.image_url || !before)) continue;
    changed = true;
    try {
      if (question.file) await sendPicture(path, question.file);
      else await remove(path);
    } catch (problem) {
      refused.set(ids[index], problem);
    }
  }
  if (changed) stored = await readQuiz(stored.quiz.id);
  return { ...stored, refused };
}

async function create(draft) {
  const body = bodyOf(draft);
  const text = JSON.stringify(body);
  // The same quiz once more is the same request, should the first reply have been lost.
  if (made.body !== text) made = { body: text, key: newId() };
  const stored = withTag(await post("/quizzes", body, { headers: { "Idempotency-Key": made.key }, as: "reply" }));
  made = { body: null, key: null };
  return stored;
}

async function replace(id, draft, tag) {
  const headers = tag ? { "If-Match": tag } : {};
  return withTag(await ask("PUT", `/quizzes/${id}`, { body: bodyOf(draft), headers, as: "reply" }));
}

async function withTag(reply) {
  reply = await reply;
  return { quiz: await reply.json(), tag: reply.headers.get("ETag") };
}

/** Resolves when the picture is shown; throws what is wrong with it. */
async function sendPicture(path, file) {
  const body = new FormData();
  body.append("file", file);
  let { picture } = await ask("POST", path, { body });
  const until = Date.now() + PICTURE_MS;
  while (picture.status === "pending" && Date.now() < until) {
    await new Promise((later) => setTimeout(later, LOOK_AGAIN_MS));
    picture = await get(`/pictures/${picture.id}`);
  }
  if (picture.status === "failed") throw new Problem(422, { code: picture.code, detail: picture.message });
}
