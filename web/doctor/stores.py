"""PostgreSQL and Redis."""

from __future__ import annotations

from typing import Any

import psycopg2
import redis

from db import checks, migrate
from db.errors import ServerUnsuitable, Unavailable
from db.pool import CONNECT, normal_url
from web.doctor.finding import Finding, clock, first_line, offset

__all__ = ["look_at_postgres", "look_at_redis"]


def look_at_postgres(url: str) -> list[Finding]:
    """Version, migrations, clock."""
    try:
        checks.check_postgres(url)
    except (Unavailable, ServerUnsuitable) as error:
        return [Finding("postgres", "fail", first_line(error), "is it running, and is DATABASE_URL right?")]
    with psycopg2.connect(normal_url(url), **CONNECT) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), to_regclass(%s) IS NOT NULL", (migrate.HISTORY,)
        )
        number, migrated = cursor.fetchone() or ("?", False)
        off_s = offset(lambda: _postgres_clock(cursor))
        known: set[str] = set()
        if migrated:
            cursor.execute(f"SELECT name FROM {migrate.HISTORY}")  # noqa: S608
            known = {name for (name,) in cursor.fetchall()}
    connection.close()
    return [Finding("postgres", "ok", number.split()[0]), _migrations(known), clock("postgres", off_s)]


def _postgres_clock(cursor: Any) -> float:
    cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
    return float(cursor.fetchone()[0])


def _migrations(applied: set[str]) -> Finding:
    ours = {path.stem for path in migrate.DIRECTORY.glob("[0-9]*.py")}
    if missing := sorted(ours - applied):
        advice = "apply them before this release serves: quizwire migrate"
        return Finding("migrations", "fail", f"not applied: {', '.join(missing)}", advice)
    if ahead := sorted(applied - ours):
        advice = "a newer release is being rolled out, or this one is old: bring this machine up to date"
        return Finding("migrations", "warn", f"the schema is ahead: {', '.join(ahead)}", advice)
    return Finding("migrations", "ok", f"all {len(ours)} applied")


def look_at_redis(client: redis.Redis) -> list[Finding]:
    """Version, whether it may forget, memory, clock."""
    try:
        checks.check_redis(client)
        info: dict[str, Any] = client.info()
        off_s = offset(lambda: _redis_clock(client))
    except (Unavailable, ServerUnsuitable, redis.RedisError) as error:
        advice = "is it running, and is REDIS_URL right?" if isinstance(error, Unavailable) else ""
        return [Finding("redis", "fail", first_line(error), advice)]
    found = f"{info['redis_version']}, noeviction, {info['used_memory'] / 2**20:.0f} MiB in use"
    limit = info.get("maxmemory") or info.get("total_system_memory") or 0
    full = limit and info["used_memory"] > 0.8 * limit
    advice = "give it more memory before writes are refused" if full else ""
    return [Finding("redis", "warn" if full else "ok", found, advice), clock("redis", off_s)]


def _redis_clock(client: redis.Redis) -> float:
    seconds, microseconds = client.time()
    return float(seconds) + float(microseconds) / 1e6
