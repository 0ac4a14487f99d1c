"""Whether the servers can carry Quizwire: asked once at start, answered with what to do."""

from __future__ import annotations

from typing import Any

import psycopg2
import redis

from db.errors import ServerUnsuitable, Unavailable
from db.pool import CONNECT, normal_url

__all__ = ["check_postgres", "check_redis"]

POSTGRES_MIN = 140000
REDIS_MIN = (6, 2)


def check_postgres(url: str) -> None:
    """Raise ServerUnsuitable below PostgreSQL 14 or without UTF-8, Unavailable when it does not answer."""
    try:
        connection = psycopg2.connect(normal_url(url), **CONNECT)
    except psycopg2.OperationalError as error:
        raise Unavailable(f"PostgreSQL does not answer: {str(error).strip()}") from error
    try:
        if connection.server_version < POSTGRES_MIN:
            raise ServerUnsuitable(
                f"PostgreSQL {connection.server_version // 10000} is too old: use 14 or newer (DATABASE_URL)"
            )
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_encoding")
            (encoding,) = cursor.fetchone() or ("?",)
        if encoding != "UTF8":
            raise ServerUnsuitable(f"the database is encoded in {encoding}: create it with ENCODING 'UTF8'")
    finally:
        connection.close()


def check_redis(client: redis.Redis) -> None:
    """Raise ServerUnsuitable below Redis 6.2 or when it may evict keys, Unavailable when it does not answer."""
    try:
        server: dict[str, Any] = client.info("server")
        memory: dict[str, Any] = client.info("memory")
    except (redis.ConnectionError, redis.TimeoutError) as error:
        raise Unavailable(f"Redis does not answer: {error}") from error
    version = str(server["redis_version"])
    if tuple(int(part) for part in version.split(".")[:2]) < REDIS_MIN:
        raise ServerUnsuitable(f"Redis {version} is too old: use 6.2 or newer (REDIS_URL)")
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise ServerUnsuitable(
            f"Redis may evict keys (maxmemory-policy {policy}): set `maxmemory-policy noeviction`, "
            "or live sessions lose answers when memory runs short"
        )
