// Playing: what is shown when, and what becomes of a tap.

import { Connection } from "../connection.js";
import { announce } from "../notices.js";
import { useCountdown } from "../phases.js";
import { ownEntry } from "../session-state.js";
import { t } from "../text.js";
import { useSession } from "../use-session.js";
import { html, useEffect, useRef } from "../../vendor/preact.js";
import { Finale } from "./finale.js";
import { GetReady } from "./get-ready.js";
import { Lobby } from "./lobby.js";
import { forget, keep } from "./membership.js";
import { Outcome } from "./outcome.js";
import { Question } from "./question.js";
import { statusText } from "./status-text.js";
import { Stopped } from "./stopped.js";

/** One participant in one session. `onGone` when this browser is in it no longer. */
export function Play({ membership, onGone }) {
  const where = async () => ({ url: membership.wsUrl, hello: { resume_token: membership.resumeToken } });
  const [state, act, socket] = useSession(membership.participantId, where, membership);
  const counting = useCountdown(state, socket);
  useMemory(membership, state);
  useAnnouncements(state);
  useSettling(state, socket, membership);

  const choose = (option) => {
    const questionId = state.question.question_id;
    // The second of two quick taps comes before this is rendered again.
    if (state.answers[questionId] || membership.pending?.question_id === questionId) return;
    const id = socket.answer(questionId, option);
    keep(Object.assign(membership, { pending: { id, question_id: questionId, option } }));
    act({ type: "answering", id, question_id: questionId, option });
  };
  const leave = () => {
    forget(membership.code);
    history.replaceState(null, "", "/");
    onGone();
  };
  const again = () => {
    forget(membership.code);
    onGone();
  };
  const props = { state, socket, membership, onChoose: choose, onNext: () => act({ type: "onward" }) };
  const stopped = state.status.status === "stopped" && state.phase !== "ended";
  return html`
    <${Connection} status=${state.status} onRetry=${() => socket.connect()} />
    ${stopped
      ? html`<${Stopped} status=${state.status} membership=${membership} onLeave=${leave} onAgain=${again} />`
      : html`<${view(state, counting)} ...${props} onLeave=${leave} />`}
  `;
}

function view(state, counting) {
  if (state.phase === "ended") return Finale;
  if (counting) return GetReady;
  if (state.question === null || state.phase === null) return state.phase === null || state.phase === "lobby" ? Lobby : Outcome;
  if (state.result || state.closed) return Outcome;
  return Question;
}

/** What a reload must not lose: the answer under way, and the questions to look through in the end. */
function useMemory(membership, state) {
  useEffect(() => {
    const changed = { asked: state.asked, title: state.session?.title ?? membership.title, over: state.phase === "ended" };
    if (state.session) keep(Object.assign(membership, changed));
  }, [state.asked, state.session, state.phase]);
}

/** Forget the answer under way once the server has said what became of it, or its question is over. */
function useSettling(state, socket, membership) {
  const pending = membership.pending;
  const answer = pending && state.answers[pending.question_id];
  const settled = answer && answer.id === pending.id && answer.status !== "sending";
  useEffect(() => {
    if (settled) keep(Object.assign(membership, { pending: null }));
  }, [settled]);
}

/** What a screen reader says by itself. */
function useAnnouncements(state) {
  const { question, result, phase } = state;
  const answer = question && state.answers[question.question_id];
  const first = useRef(true);
  useEffect(() => {
    if (question && phase === "open") {
      announce(t("play.asked", { number: question.index + 1, total: question.total, title: question.title }));
    }
  }, [question?.question_id, phase === "open"]);
  useEffect(() => {
    if (answer && !result && answer.status !== "sending") announce(statusText(answer), answer.status !== "accepted");
  }, [answer?.status]);
  useEffect(() => {
    if (result) announce(spokenResult(state));
  }, [result]);
  useEffect(() => {
    if (!first.current && phase === "ended") announce(t("play.over"));
    first.current = false;
  }, [phase]);
}

function spokenResult(state) {
  const { correct, points } = state.result;
  const rank = ownEntry(state)?.rank;
  const outcome = correct ? t("play.right") : t("play.wrong");
  return `${outcome} ${t("common.points", { count: points })} ${rank ? t("common.rank", { rank }) : ""}`;
}
