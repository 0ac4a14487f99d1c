"""What actors work with, handed to each by `main`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import redis

from bus.broker import JetStreamBroker
from bus.connection import Connection
from db.blobs import Blobs
from db.pool import Pool
from workers.answer_key import AnswerKey
from workers.paces import ScoringPace

__all__ = ["Deps"]


@dataclass(frozen=True, slots=True)
class Deps:
    """The connections of one worker process."""

    connection: Connection
    broker: JetStreamBroker
    pool: Pool
    redis: redis.Redis
    blobs: Blobs
    answer_key: Callable[[str], AnswerKey]  # by session id, cached: a session's snapshot never changes
    pace: ScoringPace = field(default_factory=ScoringPace)
