"""Lists of sessions, of a host or of all, page by page, the newest first."""

from __future__ import annotations

from typing import Any

from peewee import ModelSelect

from db.cursors import read_cursor, write_cursor
from db.ids import is_id
from db.models import Session, database
from db.sessions import COLUMNS

__all__ = ["page", "running", "statement"]


def page(
    host_id: str | None,
    limit: int = 20,
    cursor: str | None = None,
    *,
    state: str | None = None,
    running: bool = False,
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of a host's sessions, or of everybody's, dicts as in `db.sessions`; and the next page's cursor or None.

    Sessions started meanwhile neither repeat nor hide others. Raises InvalidCursor.
    """
    if host_id is not None and not is_id(host_id):
        return [], None
    rows: list[Any] = list(statement(host_id, limit, cursor, state=state, running=running).dicts())
    return rows[:limit], write_cursor(rows[limit - 1]["id"]) if len(rows) > limit else None


def statement(
    host_id: str | None,
    limit: int,
    cursor: str | None = None,
    *,
    state: str | None = None,
    running: bool = False,
) -> ModelSelect[Session]:
    """The one query behind `page`. It asks for one row more than the page has."""
    query = Session.select(*COLUMNS)
    if host_id is not None:
        query = query.where(Session.host_id == host_id)
    if cursor is not None:
        query = query.where(Session.id < read_cursor(cursor))
    if state is not None:
        query = query.where(Session.state == state)
        running = running or state != "ended"
    if running:  # they are few, and have an index of their own
        query = query.where(Session.ended_at.is_null())
    return query.order_by(Session.id.desc()).limit(limit + 1)


def running() -> dict[str, int]:
    """How many sessions run, by the state that was saved last."""
    query = "SELECT state, count(*) FROM sessions WHERE ended_at IS NULL GROUP BY state ORDER BY state"
    return dict(database.execute_sql(query).fetchall())
