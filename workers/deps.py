"""What actors work with, handed to each by `main`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import redis

from bus.broker import JetStreamBroker
from bus.connection import Connection
from db.pool import Pool

__all__ = ["AnswerKey", "Deps"]


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """What scoring needs of a session: its rule, and the correct option of each question."""

    rule: str
    correct: Mapping[str, str]  # question id → option key


@dataclass(frozen=True, slots=True)
class Deps:
    """The connections of one worker process."""

    connection: Connection
    broker: JetStreamBroker
    pool: Pool
    redis: redis.Redis
    answer_key: Callable[[str], AnswerKey]  # by session id, cached: a session's snapshot never changes
