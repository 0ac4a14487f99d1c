"""Lists of users, page by page, the newest first."""

from __future__ import annotations

from typing import Any

from db.cursors import read_cursor, write_cursor
from db.ids import is_id
from db.models import database
from db.text import is_storable

__all__ = ["get", "page", "statement"]

_COLUMNS = ("id", "email", "display_name", "role", "avatar_url", "created_at")


def get(user_id: str) -> dict[str, Any] | None:
    """The user with `banned`, or None."""
    if not is_id(user_id):
        return None
    query = (
        f"SELECT {', '.join(_COLUMNS)}, banned_at IS NOT NULL FROM users WHERE id = %s AND deleted_at IS NULL"  # noqa: S608  # only names of ours
    )
    row = database.execute_sql(query, (user_id,)).fetchone()
    return None if row is None else dict(zip((*_COLUMNS, "banned"), row, strict=True))


def page(
    text: str | None = None, limit: int = 50, cursor: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of users with `banned`, and the cursor of the next page or None.

    `text` finds those whose address or name begins with it, in any case. Raises InvalidCursor.
    """
    if text is not None and not is_storable(text):
        return [], None
    query, values = statement(text, limit, cursor)
    rows = database.execute_sql(query, values).fetchall()
    items = [dict(zip((*_COLUMNS, "banned"), row, strict=True)) for row in rows[:limit]]
    return items, write_cursor(items[-1]["id"]) if len(rows) > limit else None


def statement(text: str | None, limit: int, cursor: str | None = None) -> tuple[str, list[Any]]:
    """The one query behind `page`, and its values. It asks for one row more than the page has."""
    where, values = ["deleted_at IS NULL"], list[Any]()
    if text is not None and text.strip():
        begins = text.strip().lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        where.append("(email LIKE %s OR lower(display_name) LIKE %s)")
        values += [begins, begins]
    if cursor is not None:
        where.append("id < %s")
        values.append(read_cursor(cursor))
    query = f"SELECT {', '.join(_COLUMNS)}, banned_at IS NOT NULL FROM users WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT %s"  # noqa: S608  # only names of ours
    return query, [*values, limit + 1]
