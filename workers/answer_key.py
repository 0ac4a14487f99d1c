"""What scoring needs of a session, read from its snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from redis import Redis

from bus.messages import Quiz, SessionState, decode
from db import live, sessions
from db.errors import NotFound
from db.pool import Pool
from workers.rules.scoring import LONGEST_STREAK, Judged

__all__ = ["AnswerKey", "KeyedQuestion", "answer_key", "load_answer_key"]


@dataclass(frozen=True, slots=True)
class KeyedQuestion:
    """What is right, what it is worth, and the questions right before it, the nearest first."""

    correct: str  # option key
    weight: int
    limit_ms: int | None
    before: tuple[str, ...]  # as many as a streak can have

    def judged(self, option: str, elapsed_ms: int, streak: int) -> Judged:
        """An answer as the rules look at it."""
        return Judged(option == self.correct, elapsed_ms, self.weight, self.limit_ms, streak)


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """A session's scoring rule, and its questions by id, in their order."""

    rule: str
    questions: Mapping[str, KeyedQuestion]


def answer_key(quiz: Quiz, rule: str) -> AnswerKey:
    """The key of a session that is played from `quiz` by `rule`."""
    ids = [question.id for question in quiz.questions]
    return AnswerKey(
        rule,
        {
            question.id: KeyedQuestion(
                question.correct,
                question.weight,
                None if question.time_limit_s is None else question.time_limit_s * 1000,
                tuple(reversed(ids[max(0, place - LONGEST_STREAK) : place])),
            )
            for place, question in enumerate(quiz.questions)
        },
    )


def load_answer_key(redis: Redis, pool: Pool, session_id: str) -> AnswerKey:
    """The key of a session, from Redis or else PostgreSQL. Raises db.errors.NotFound."""
    loaded = live.load(redis, session_id)
    if loaded is not None:
        rule, snapshot = decode(loaded.state, SessionState).scoring, loaded.quiz
    else:
        session = pool.call(sessions.get, session_id)
        if session is None:
            raise NotFound("session", session_id)
        rule, snapshot = session["scoring"], pool.call(sessions.snapshot, session_id)
    return answer_key(msgspec.json.decode(snapshot, type=Quiz), rule)
