// What a page knows of a session, as the messages tell it. A reducer: the same for participants, hosts and screens.

import { Board } from "./board.js";

/** Before anything is known. */
export function nothingKnown() {
  return {
    status: { status: "connecting", attempt: 0 },
    session: null, // of `welcome`
    me: null, // participant id
    version: 0, // of the session: it rises with every command
    phase: null, // lobby, open, closing, closed, ended; or kicked
    question: null, // the one shown: open, or closed last
    closed: null, // `question_closed` of it
    answers: {}, // own, by question id: {id, option, status, correct?, points?}
    result: null, // of the own answer to `question`
    upcoming: undefined, // self pacing: the question after the result; null when there is none
    asked: {}, // questions seen, by id, to look through in the end
    score: 0,
    rankBefore: null, // when the question opened
    board: new Board(),
    boardVersion: 0, // changes with the board
    podium: null,
    presence: null,
    progress: null,
    nextAt: null, // timed pacing
    remainingMs: null, // while paused: what is left of the question
    paused: false,
    locked: false,
  };
}

/** The state after `message`: one of the server's, or one of the page's own (`status`, `answering`, `onward`, `recall`). */
export function reduce(state, message) {
  const how = MESSAGES[message.type];
  return how ? { ...state, ...how(state, message) } : state;
}

/** The own entry of the board with its rank, or null. */
export function ownEntry(state) {
  return state.me === null ? null : state.board.find(state.me);
}

/** How many answers in a row were right, up to the last question that is over. */
export function streakOf(state) {
  const over = Object.values(state.asked)
    .filter((asked) => asked.correct_option)
    .sort((a, b) => b.index - a.index);
  const end = over.findIndex((asked) => state.answers[asked.question_id]?.correct !== true);
  return end < 0 ? over.length : end;
}

const MESSAGES = {
  status: (state, { type, ...status }) => ({ status }),
  recall: (state, { asked }) => ({ asked: { ...asked, ...state.asked } }),
  welcome: (state, message) => ({
    session: message.session,
    me: message.participant_id,
    version: message.session.version,
    phase: message.resumed ? state.phase : message.session.state,
    paused: message.session.paused,
    locked: message.session.locked,
  }),
  snapshot,
  state: (state, message) => ({
    version: message.version,
    phase: message.state,
    paused: message.paused,
    locked: message.locked,
    nextAt: message.next_at,
    remainingMs: message.remaining_ms,
    ...(message.state === "open" ? goesOn(state, message) : {}),
  }),
  question: (state, { type, seq, version, ...question }) => ({
    ...opened(state, question),
    version,
    phase: "open",
    nextAt: null,
    progress: null,
  }),
  progress: (state, message) => ({ progress: message }),
  answering: (state, { id, question_id, option }) => ({
    answers: { ...state.answers, [question_id]: { id, option, status: "sending" } },
  }),
  ack: (state, message) => {
    const answer = state.answers[message.question_id];
    if (!answer || answer.id !== message.re) return {};
    const option = message.status === "duplicate" ? message.option : answer.option;
    return { answers: { ...state.answers, [message.question_id]: { ...answer, option, status: message.status } } };
  },
  error: (state, message) => {
    const mine = Object.entries(state.answers).find(([, answer]) => message.re && answer.id === message.re);
    if (!mine || message.retryable) return {};
    return { answers: { ...state.answers, [mine[0]]: { ...mine[1], status: "refused" } } };
  },
  question_closed: (state, message) => ({
    version: message.version,
    phase: "closed",
    closed: message,
    nextAt: message.next_at,
    asked: learned(state, message.question_id, message),
  }),
  result: (state, message) => {
    const answer = state.answers[message.question_id] ?? {};
    const { correct, points } = message;
    return {
      answers: { ...state.answers, [message.question_id]: { ...answer, status: "accepted", correct, points } },
      score: message.score,
      asked: message.correct_option ? learned(state, message.question_id, message) : state.asked,
      ...(message.question_id === state.question?.question_id ? { result: message, upcoming: message.next } : {}),
    };
  },
  onward: (state) => (state.upcoming === undefined ? {} : opened(state, state.upcoming)),
  leaderboard: (state) => ({ boardVersion: state.boardVersion + 1 }), // whoever got it has put it on the board
  presence: (state, message) => ({ presence: message }),
  ended: (state, message) => ({ phase: "ended", podium: message.podium, nextAt: null, paused: false }),
  kicked: () => ({ phase: "kicked" }),
};

function snapshot(state, message) {
  state.board.apply(message.leaderboard);
  const answers = {};
  for (const { question_id, id, option, correct, points } of message.answers) {
    answers[question_id] = { id, option, status: "accepted", correct, points };
  }
  for (const [questionId, answer] of Object.entries(state.answers)) {
    if (answer.status === "sending" && !answers[questionId]) answers[questionId] = answer;
  }
  const known = {
    answers,
    version: message.version,
    phase: message.state,
    score: message.score ?? 0,
    boardVersion: state.boardVersion + 1,
    nextAt: message.next_at,
    remainingMs: message.remaining_ms,
    paused: message.paused,
    locked: message.locked,
  };
  const next = { ...state, ...known };
  const self = state.session?.pacing === "self";
  const same = message.question?.question_id === state.question?.question_id;
  if (message.question && same) return { ...known, question: { ...state.question, ...message.question } };
  // In self pacing the result is looked at first, then comes the next question.
  if (self && state.result) return { ...known, upcoming: message.question };
  if (message.question || self) return { ...known, ...opened(next, message.question) };
  // Between two questions: what was asked last, as far as we saw it.
  if (message.state === "lobby") return { ...known, question: null, closed: null, result: null };
  return state.question && state.closed ? known : { ...known, ...remembered(next) };
}

/** The question that closed last, if this browser saw it before a reload. */
function remembered({ asked, answers, session, score }) {
  const last = Object.values(asked).find(({ index, correct_option }) => index === session.question_index && correct_option);
  if (!last) return { question: null, closed: null, result: null };
  const answer = answers[last.question_id];
  const result = answer?.correct === undefined ? null : { ...answer, question_id: last.question_id, score };
  return { question: last, closed: last, result };
}

/** The open question was paused, goes on, or has more time. An answer that came during the pause may be given again. */
function goesOn({ question, answers }, { paused, closes_at }) {
  if (question === null) return {};
  const { [question.question_id]: own, ...others } = answers;
  const again = !paused && own?.status === "closed";
  return { question: { ...question, closes_at }, ...(again ? { answers: others } : {}) };
}

/** `question` is in front of everybody, or of me. */
function opened(state, question) {
  return {
    question: question && { ...question, whole_ms: question.closes_at && question.closes_at - question.opens_at },
    closed: null,
    result: null,
    upcoming: undefined,
    rankBefore: rankOf(state),
    asked: question ? { ...state.asked, [question.question_id]: { ...state.asked[question.question_id], ...question } } : state.asked,
  };
}

/** The own rank, as far as there is one: at the start all are equal. */
function rankOf(state) {
  const own = ownEntry(state);
  return own && state.board.ranked()[0].score > 0 ? own.rank : null;
}

function learned(state, questionId, { correct_option, explanation = null, counts = null }) {
  const known = state.asked[questionId];
  return known ? { ...state.asked, [questionId]: { ...known, correct_option, explanation, counts } } : state.asked;
}
