"""Before the first process: are the servers suitable, is the schema current, do the streams exist."""

from __future__ import annotations

from collections.abc import Mapping

import redis

from bus import streams
from bus.connection import Connection
from bus.errors import BusError
from db import checks, migrate
from db.errors import DbError

__all__ = ["Unprepared", "prepare"]


class Unprepared(Exception):
    """A server is not there or not suitable; the text names the variable and says what to do."""


def prepare(environment: Mapping[str, str], *, own_streams: bool) -> list[str]:
    """Check all three servers, migrate and create the streams; returns the names of applied migrations.

    Streams of a NATS that is not ours are only created where they are missing: whoever runs it may have
    chosen more replicas.
    """
    try:
        with redis.Redis.from_url(
            environment["REDIS_URL"], socket_timeout=5, socket_connect_timeout=5
        ) as client:
            checks.check_redis(client)
    except (DbError, redis.RedisError, ValueError) as error:
        raise Unprepared(f"REDIS_URL: {error}") from error
    try:
        checks.check_postgres(environment["DATABASE_URL"])
        applied = migrate.up(environment["DATABASE_URL"])
    except (DbError, ValueError) as error:
        raise Unprepared(f"DATABASE_URL: {error}") from error
    connection = Connection(environment["NATS_URL"], name="quizwire-up", connect_timeout_s=10)
    try:
        connection.run(streams.ensure(connection.client, update=own_streams))
    except (BusError, ValueError) as error:
        raise Unprepared(f"NATS_URL: {error}") from error
    finally:
        connection.close()
    return applied
