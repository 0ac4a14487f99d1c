"""Schema migrations: scripts in `db/migrations`, run by peewee's own runner (`pwmigrate`).

`pwmigrate -d db/migrations <url> status|up|down|create <name>` works as well; only `up` here takes a
lock, so that processes starting together do not migrate together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from peewee import PostgresqlDatabase
from playhouse.migrations import Runner

from db.pool import CONNECT, normal_url

__all__ = ["DIRECTORY", "HISTORY", "pending", "up"]

DIRECTORY = Path(__file__).parent / "migrations"
HISTORY = "schema_migration"
_LOCK = 0x7175697A77697265  # "quizwire"


def up(url: str) -> list[str]:
    """Apply what is pending, one transaction each; returns the names. Waits while another process does."""
    with _runner(url) as (database, runner):
        database.execute_sql("SELECT pg_advisory_lock(%s)", (_LOCK,))
        try:
            # From here on waiting would hold up everybody else who uses the table.
            database.execute_sql("SET lock_timeout = '10s'")
            applied: list[str] = runner.up()
            return applied
        finally:
            database.execute_sql("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def pending(url: str) -> list[str]:
    """Names of the migrations that are not applied yet."""
    with _runner(url) as (_, runner):
        return [migration.name for migration in runner.status() if not migration.applied]


@contextmanager
def _runner(url: str) -> Iterator[tuple[Any, Any]]:
    # peewee's types stop at its runner.
    database: Any = PostgresqlDatabase(normal_url(url), options="-c client_min_messages=warning", **CONNECT)
    database.connect()
    try:
        yield database, Runner(database, str(DIRECTORY), HISTORY)  # type: ignore[no-untyped-call]
    finally:
        database.close()
