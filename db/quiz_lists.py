"""Lists of quizzes, page by page, the newest first."""

from __future__ import annotations

from typing import Any

from db import search
from db.cursors import read_cursor, write_cursor
from db.ids import is_id
from db.models import database

__all__ = ["page", "statement"]

_COLUMNS = (
    "id", "owner_id", "title", "description", "status", "visibility", "tags", "question_count", "created_at",
    "updated_at",
)  # fmt: skip


def page(
    owner_id: str | None,
    limit: int = 20,
    cursor: str | None = None,
    *,
    status: str | None = None,
    text: str | None = None,
    tag: str | None = None,
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of an owner's quizzes, or of everybody's public ones, and the cursor of the next page or None.

    `text` finds quizzes with words in title, description or tags that begin with each of its words; `tag` is a whole
    tag, clean. Quizzes made or deleted meanwhile neither repeat nor hide others. Raises InvalidCursor.
    """
    words = None if text is None or not text.strip() else search.query(text)
    if (owner_id is not None and not is_id(owner_id)) or (
        words is None and text is not None and text.strip()
    ):
        return [], None
    query, values = statement(owner_id, limit, cursor, status=status, words=words, tag=tag)
    rows = database.execute_sql(query, values).fetchall()
    items = [dict(zip(_COLUMNS, row, strict=True)) for row in rows[:limit]]
    return items, write_cursor(items[-1]["id"]) if len(rows) > limit else None


def statement(
    owner_id: str | None,
    limit: int,
    cursor: str | None = None,
    *,
    status: str | None = None,
    words: str | None = None,
    tag: str | None = None,
) -> tuple[str, list[Any]]:
    """The one query behind `page`, and its values; `words` is a tsquery. It asks for one row more than the page has."""
    conditions: list[tuple[str, Any]] = []
    if owner_id is not None:
        conditions.append(("owner_id = %s", owner_id))
    if cursor is not None:
        conditions.append(("id < %s", read_cursor(cursor)))
    if status is not None:
        conditions.append(("status = %s", status))
    if tag is not None:
        conditions.append(("tags @> %s::text[]", [tag]))
    if words is not None:
        conditions.append(("search @@ %s::tsquery", words))
    where = ["deleted_at IS NULL", *(condition for condition, _ in conditions)]
    if owner_id is None:
        where.append("visibility = 'public'")
    query = f"SELECT {', '.join(_COLUMNS)} FROM quizzes WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT %s"  # noqa: S608  # only names of ours
    return query, [*(value for _, value in conditions), limit + 1]
