"""Copies of quizzes, and what is related by copying."""

from __future__ import annotations

from typing import Any

from db import quizzes
from db.errors import NotFound
from db.ids import is_id
from db.models import database

__all__ = ["copy", "is_played"]

# A session that nobody ended would keep its quiz from being copied for ever.
_IS_PLAYED = """
SELECT EXISTS (
    SELECT 1 FROM quizzes AS one
    JOIN quizzes AS kin ON kin.id = coalesce(one.origin_id, one.id) OR kin.origin_id = coalesce(one.origin_id, one.id)
    JOIN sessions ON sessions.quiz_id = kin.id
    WHERE one.id = %s AND sessions.ended_at IS NULL AND sessions.created_at > now() - interval '7 days'
)
"""


def copy(quiz_id: str, owner_id: str, title: str, *, copy_id: str) -> dict[str, Any]:
    """A private draft of `owner_id` with all content of the quiz, under another title; returns it.

    Raises NotFound.
    """
    original = quizzes.get(quiz_id)
    if original is None:
        raise NotFound("quiz", quiz_id)
    questions = [
        {name: question[name] for name in question if name != "id"} for question in original["questions"]
    ]
    draft = {
        "title": title,
        "description": original["description"],
        "tags": original["tags"],
        "questions": questions,
    }
    query = "SELECT coalesce(origin_id, id) FROM quizzes WHERE id = %s"
    origin_id = database.execute_sql(query, (quiz_id,)).fetchone()[0]
    return quizzes.create(owner_id, draft, quiz_id=copy_id, origin_id=origin_id)


def is_played(quiz_id: str) -> bool:
    """True while a session of the quiz, of what it is a copy of, or of another copy of that is running."""
    return is_id(quiz_id) and bool(database.execute_sql(_IS_PLAYED, (quiz_id,)).fetchone()[0])
