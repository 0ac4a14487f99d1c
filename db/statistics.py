"""What PostgreSQL tells of itself and of the sessions that are on."""

from __future__ import annotations

from typing import NamedTuple

from db.models import database

__all__ = ["Statistics", "ping", "read"]

STATES = ("lobby", "open", "closing", "closed")


class Statistics(NamedTuple):
    """One moment."""

    connections: dict[str, int]  # to this database, by state
    max_connections: int
    database_bytes: int
    sessions: dict[str, int]  # that have not ended, by state


def ping() -> None:
    """Return when PostgreSQL answers."""
    database.execute_sql("SELECT 1")


def read() -> Statistics:
    """Cheap enough for every few seconds: sessions that have ended are not looked at."""
    connections = dict(
        database.execute_sql(
            "SELECT coalesce(state, 'background'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() GROUP BY 1"
        ).fetchall()
    )
    ((limit, size),) = database.execute_sql(
        "SELECT current_setting('max_connections')::int, pg_database_size(current_database())"
    ).fetchall()
    sessions = dict.fromkeys(STATES, 0) | dict(
        database.execute_sql(
            "SELECT state, count(*) FROM sessions WHERE ended_at IS NULL GROUP BY state"
        ).fetchall()
    )
    return Statistics(connections, limit, size, sessions)
