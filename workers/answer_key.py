"""What scoring needs of a session, read from its snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from redis import Redis

from bus.messages import Quiz
from db import live, sessions
from db.pool import Pool

__all__ = ["AnswerKey", "load_answer_key"]


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """A session's scoring rule, and the correct option of each question."""

    rule: str
    correct: Mapping[str, str]  # question id → option key


def load_answer_key(redis: Redis, pool: Pool, session_id: str) -> AnswerKey:
    """The key of a session, from Redis or else PostgreSQL. Raises db.errors.NotFound."""
    loaded = live.load(redis, session_id)
    snapshot = pool.call(sessions.snapshot, session_id) if loaded is None else loaded.quiz
    quiz = msgspec.json.decode(snapshot, type=Quiz)
    return AnswerKey(rule="flat/1", correct={question.id: question.correct for question in quiz.questions})
