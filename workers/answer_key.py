"""What scoring needs of a session, read from its snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from redis import Redis

from bus.messages import Quiz, SessionState, Settings, Timing, decode
from bus.order import Order, arranged
from db import live, sessions
from db.errors import NotFound
from db.pool import Pool
from workers.rules.scoring import LONGEST_STREAK, Judged

__all__ = ["AnswerKey", "KeyedQuestion", "answer_key", "kept_answer_key", "load_answer_key"]


@dataclass(frozen=True, slots=True)
class KeyedQuestion:
    """What is right, and what it is worth."""

    correct: str  # option key
    weight: int
    limit_ms: int | None

    def judged(self, option: str, elapsed_ms: int, streak: int) -> Judged:
        """An answer as the rules look at it."""
        return Judged(option == self.correct, elapsed_ms, self.weight, self.limit_ms, streak)


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """A session's scoring rule, and its questions by id, in the order of the session."""

    rule: str
    questions: Mapping[str, KeyedQuestion]
    ids: Sequence[str]
    places: Mapping[str, int]  # in `ids`
    order: Order
    at_once: bool = False  # participants are shown at once what an answer was worth: self pacing

    def asked(self, participant_id: str) -> list[str]:
        """The questions as they are asked of a participant, first to last."""
        return [self.ids[place] for place in self.order.questions(participant_id)]

    def before(self, participant_id: str, question_id: str) -> list[str]:
        """The questions that a participant is asked right before one, the nearest first: as many as a streak can have."""
        asked = self.order.questions(participant_id)
        turn = asked.index(self.places[question_id])
        return [self.ids[place] for place in reversed(asked[max(0, turn - LONGEST_STREAK) : turn])]


def answer_key(
    quiz: Quiz,
    rule: str,
    settings: Settings | None = None,
    timing: Timing | None = None,
    pacing: str = "host",
) -> AnswerKey:
    """The key of a session that is played from `quiz` by `rule`; with a timing every question has a time limit."""
    settings = settings or Settings()
    default_s = None if timing is None else timing.answer_s
    limits_s = {question.id: question.time_limit_s or default_s for question in quiz.questions}
    quiz = arranged(quiz, settings)
    ids = [question.id for question in quiz.questions]
    return AnswerKey(
        rule,
        {
            question.id: KeyedQuestion(
                question.correct,
                question.weight,
                None if (limit_s := limits_s[question.id]) is None else limit_s * 1000,
            )
            for question in quiz.questions
        },
        ids,
        {question_id: place for place, question_id in enumerate(ids)},
        Order(quiz, settings),
        pacing == "self",
    )


def load_answer_key(redis: Redis, pool: Pool, session_id: str) -> AnswerKey:
    """The key of a session, from Redis or else PostgreSQL. Raises db.errors.NotFound."""
    loaded = live.load(redis, session_id)
    if loaded is not None:
        state = decode(loaded.state, SessionState)
        quiz = msgspec.json.decode(loaded.quiz, type=Quiz)
        return answer_key(quiz, state.scoring, state.settings, state.timing, state.pacing)
    session = pool.call(sessions.get, session_id)
    if session is None:
        raise NotFound("session", session_id)
    return kept_answer_key(session, pool.call(sessions.snapshot, session_id))


def kept_answer_key(session: Mapping[str, Any], snapshot: bytes) -> AnswerKey:
    """The key of a session of `db.sessions`, with its snapshot."""
    settings = None if session["settings"] is None else decode(session["settings"], Settings)
    timing = None if session["timing"] is None else decode(session["timing"], Timing)
    quiz = msgspec.json.decode(snapshot, type=Quiz)
    return answer_key(quiz, session["scoring"], settings, timing, session["pacing"])
