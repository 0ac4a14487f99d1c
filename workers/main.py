"""The one place where actors meet their dependencies: `dramatiq workers.main:broker -Q <queue>`."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache, partial

import dramatiq
import peewee
import psycopg2
import redis
from dramatiq.middleware import Retries
from prometheus_client import REGISTRY

from bus import subjects
from bus.broker import JetStreamBroker
from bus.connection import Connection
from bus.errors import PublishTimeout
from bus.telemetry import traces
from db import statistics
from db.blobs import Blobs
from db.connecting import connect_redis
from db.errors import Busy, Unavailable
from db.pool import Pool
from workers.actors.make_picture import drop_pictures, make_picture
from workers.actors.persist_answers import persist_answers
from workers.actors.recompute_scores import recompute
from workers.actors.run_session import run_session
from workers.actors.score_answers import score_answers
from workers.answer_key import load_answer_key
from workers.census import Census
from workers.config import Config
from workers.deps import Deps
from workers.paces import PERSISTENCE_PACE_S
from workers.seen import Seen

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
    traces.require(config.telemetry)
    connection = Connection(config.nats_url, name="quizwire-worker")
    broker = JetStreamBroker(
        connection,
        middleware=[Retries(max_retries=5, min_backoff=100, max_backoff=2000)],
        transient=TRANSIENT,
    )
    pool = Pool(config.database_url, config.db_pool)
    client = connect_redis(config.redis_url)
    census = Census(connection, client, pool, config.blobs, config.certificates)
    checks: dict[str, Callable[[], object]] = {
        "postgres": partial(pool.call, statistics.ping),
        "redis": client.ping,
        "nats": partial(_ping_nats, connection),
    }
    # Before Retries: what that stores for later is still about the same request.
    broker.add_middleware(Seen(config.telemetry, checks, partial(_watch, census)), before=Retries)
    deps = Deps(
        connection=connection,
        broker=broker,
        pool=pool,
        redis=client,
        blobs=Blobs(config.blobs),
        answer_key=lru_cache(maxsize=1024)(partial(load_answer_key, client, pool)),
    )
    submission_subjects = [f"submissions.{n}" for n in range(config.streams)]
    broker.declare_batch_queue(
        "scoring",
        stream=subjects.SUBMISSIONS,
        subjects=submission_subjects,
        batch_size=64,
        pace_s=deps.pace,
    )
    broker.declare_batch_queue(
        "persistence",
        stream=subjects.TASKS,
        subjects=[subjects.tasks("persistence")],
        batch_size=64,
        pace_s=PERSISTENCE_PACE_S,
    )
    broker.batch_actor(partial(score_answers, deps), queue_name="scoring", actor_name="score_answers")
    broker.batch_actor(partial(persist_answers, deps), queue_name="persistence", actor_name="persist_answers")
    dramatiq.actor(broker=broker, queue_name="control", actor_name="run_session")(partial(run_session, deps))
    for actor in (make_picture, drop_pictures, recompute):
        dramatiq.actor(broker=broker, queue_name="background", actor_name=actor.__name__)(
            partial(actor, deps)
        )
    for known in broker.actors.values():
        known.logger.setLevel(logging.INFO)  # at debug it writes out what an actor is called with: answers
    return broker


def _ping_nats(connection: Connection) -> None:
    if connection.closed or not connection.flush(timeout_s=2.0):
        raise ConnectionError("NATS does not answer")


def _watch(census: Census) -> None:
    REGISTRY.register(census)
    census.start()


broker = build(Config.from_environment())
