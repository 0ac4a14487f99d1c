"""The one place where actors meet their dependencies: `dramatiq workers.main:broker -Q <queue>`."""

from __future__ import annotations

from functools import lru_cache, partial

import dramatiq
import msgspec
import peewee
import psycopg2
import redis
from dramatiq.middleware import Retries

from bus import subjects
from bus.broker import JetStreamBroker
from bus.connection import Connection
from bus.errors import PublishTimeout
from bus.messages import Quiz
from db import live, sessions
from db.errors import Busy, Unavailable
from db.pool import Pool
from workers.actors.persist_answers import persist_answers
from workers.actors.run_session import run_session
from workers.actors.score_answers import score_answers
from workers.config import Config
from workers.deps import AnswerKey, Deps

__all__ = ["broker", "build"]

TRANSIENT = (
    redis.ConnectionError,
    redis.TimeoutError,
    peewee.OperationalError,
    peewee.InterfaceError,
    psycopg2.OperationalError,
    PublishTimeout,
    Unavailable,
    Busy,
)
"""Errors that are a server's, not the message's: tried again until the server is back, never dead-lettered."""


def build(config: Config) -> JetStreamBroker:
    """A broker with every actor bound. Opens no connection: each process connects when it first needs to."""
    connection = Connection(config.nats_url, name="quizwire-worker")
    broker = JetStreamBroker(
        connection,
        middleware=[Retries(max_retries=5, min_backoff=100, max_backoff=2000)],
        transient=TRANSIENT,
    )
    deps = Deps(
        connection=connection,
        broker=broker,
        pool=Pool(config.database_url, config.db_pool),
        redis=redis.Redis.from_url(config.redis_url, socket_timeout=5, socket_connect_timeout=2),
        answer_key=lru_cache(maxsize=4096)(lambda session_id: _answer_key(deps, session_id)),
    )
    submission_subjects = [f"submissions.{n}" for n in range(config.streams)]
    broker.declare_batch_queue(
        "scoring", stream=subjects.SUBMISSIONS, subjects=submission_subjects, batch_size=64
    )
    broker.declare_batch_queue(
        "persistence", stream=subjects.TASKS, subjects=[subjects.tasks("persistence")], batch_size=64
    )
    broker.batch_actor(partial(score_answers, deps), queue_name="scoring", actor_name="score_answers")
    broker.batch_actor(partial(persist_answers, deps), queue_name="persistence", actor_name="persist_answers")
    dramatiq.actor(broker=broker, queue_name="control", actor_name="run_session")(partial(run_session, deps))
    broker.declare_queue("background")
    return broker


def _answer_key(deps: Deps, session_id: str) -> AnswerKey:
    """The answer key of a session from its snapshot, from Redis or else PostgreSQL."""
    loaded = live.load(deps.redis, session_id)
    snapshot = deps.pool.call(sessions.snapshot, session_id) if loaded is None else loaded.quiz
    quiz = msgspec.json.decode(snapshot, type=Quiz)
    return AnswerKey(rule="flat/1", correct={question.id: question.correct for question in quiz.questions})


broker = build(Config.from_environment())
