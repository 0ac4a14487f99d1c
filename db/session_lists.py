"""Lists of the sessions somebody hosts, page by page, the newest first."""

from __future__ import annotations

from typing import Any

from peewee import ModelSelect

from db.cursors import read_cursor, write_cursor
from db.ids import is_id
from db.models import Session
from db.sessions import COLUMNS

__all__ = ["page", "statement"]


def page(
    host_id: str, limit: int = 20, cursor: str | None = None, *, state: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of a host's sessions, dicts as in `db.sessions`, and the cursor of the next page or None.

    Sessions started meanwhile neither repeat nor hide others. Raises InvalidCursor.
    """
    if not is_id(host_id):
        return [], None
    rows: list[Any] = list(statement(host_id, limit, cursor, state=state).dicts())
    return rows[:limit], write_cursor(rows[limit - 1]["id"]) if len(rows) > limit else None


def statement(
    host_id: str, limit: int, cursor: str | None = None, *, state: str | None = None
) -> ModelSelect[Session]:
    """The one query behind `page`. It asks for one row more than the page has."""
    query = Session.select(*COLUMNS).where(Session.host_id == host_id)
    if cursor is not None:
        query = query.where(Session.id < read_cursor(cursor))
    if state is not None:
        query = query.where(Session.state == state)
        if state != "ended":
            query = query.where(
                Session.ended_at.is_null()
            )  # few are running: they have an index of their own
    return query.order_by(Session.id.desc()).limit(limit + 1)
