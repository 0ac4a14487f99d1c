"""Quizzes with their questions and options.

A quiz is a dict: id, owner_id, title, description, status (DRAFT, STARTED, ENDED), created_at, updated_at,
questions: [{id, title, explanation, time_limit_s, weight, image_url, options: [{key "A".., text, is_correct}]}].
A draft is what authors write: title, description?, questions: [{id?, title, explanation?, time_limit_s?, weight?,
image_url?, options: [{text, is_correct}]}]; its shape is checked at the edge, not here.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from db.copying import copy_rows
from db.errors import Conflict, InvalidCursor, NotFound
from db.ids import is_id, new_id, new_ids
from db.models import Quiz, database
from db.text import require_storable

__all__ = ["KEYS", "create", "delete", "get", "list_owned", "replace", "set_question_image", "snapshot"]

KEYS = "ABCD"
"""Option keys by position."""

_QUESTION_COLUMNS = (
    "id", "quiz_id", "position", "title", "explanation", "time_limit_s", "weight", "image_url",
)  # fmt: skip
_OPTION_COLUMNS = ("question_id", "position", "text", "is_correct")
_HEAD = (Quiz.id, Quiz.owner_id, Quiz.title, Quiz.description, Quiz.status, Quiz.created_at, Quiz.updated_at)


def create(owner_id: str, draft: Mapping[str, Any]) -> dict[str, Any]:
    """A new quiz; returns it. Raises InvalidText."""
    _check_text(draft)
    quiz_id = new_id()
    with database.atomic():
        Quiz.insert(
            id=quiz_id,
            owner_id=owner_id,
            title=draft["title"],
            description=draft.get("description") or "",
            question_count=len(draft["questions"]),
        ).execute()
        _insert_questions(quiz_id, draft["questions"], kept={})
    return _existing(quiz_id)


def get(quiz_id: str) -> dict[str, Any] | None:
    """The quiz with all its questions, or None (also when it was deleted)."""
    if not is_id(quiz_id):
        return None
    quiz: dict[str, Any] | None
    quiz = Quiz.select(*_HEAD).where(Quiz.id == quiz_id, Quiz.deleted_at.is_null()).dicts().first()
    if quiz is not None:
        quiz["questions"] = _questions(quiz_id)
    return quiz


def list_owned(
    owner_id: str, limit: int = 20, cursor: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """One page of an owner's quizzes, newest first, and the cursor of the next page or None after the last.

    Items: id, title, description, status, question_count, created_at, updated_at. Quizzes made or deleted
    meanwhile neither repeat nor hide others. Raises InvalidCursor.
    """
    if not is_id(owner_id):
        return [], None
    query = (
        Quiz.select(
            Quiz.id,
            Quiz.title,
            Quiz.description,
            Quiz.status,
            Quiz.question_count,
            Quiz.created_at,
            Quiz.updated_at,
        )
        .where(Quiz.owner_id == owner_id, Quiz.deleted_at.is_null())
        .order_by(Quiz.id.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        query = query.where(Quiz.id < _read_cursor(cursor))
    items: list[dict[str, Any]] = list(query.dicts())  # type: ignore[arg-type]
    if len(items) <= limit:
        return items, None
    return items[:limit], _write_cursor(items[limit - 1]["id"])


def replace(quiz_id: str, draft: Mapping[str, Any]) -> dict[str, Any]:
    """Put the draft in place of all content, atomically; returns the quiz.

    A question whose `id` is one of this quiz keeps it, and its image unless the draft gives `image_url`;
    all others get new ids. Sessions that are running have their own snapshot. Raises NotFound, InvalidText.
    """
    _check_text(draft)
    if not is_id(quiz_id):
        raise NotFound("quiz", quiz_id)
    with database.atomic():
        found = database.execute_sql(
            "UPDATE quizzes SET title = %s, description = %s, question_count = %s, updated_at = now() "
            "WHERE id = %s AND deleted_at IS NULL",
            (draft["title"], draft.get("description") or "", len(draft["questions"]), quiz_id),
        ).rowcount
        if not found:
            raise NotFound("quiz", quiz_id)
        kept: dict[str, str | None] = dict(
            database.execute_sql(
                "SELECT id, image_url FROM questions WHERE quiz_id = %s", (quiz_id,)
            ).fetchall()
        )
        # Options first, in one statement: cascading would delete them question by question.
        database.execute_sql(
            "DELETE FROM options USING questions WHERE questions.id = question_id AND quiz_id = %s",
            (quiz_id,),
        )
        database.execute_sql("DELETE FROM questions WHERE quiz_id = %s", (quiz_id,))
        _insert_questions(quiz_id, draft["questions"], kept)
    return _existing(quiz_id)


def delete(quiz_id: str) -> None:
    """Hide the quiz; past sessions keep their snapshots and results. Raises NotFound."""
    query = "UPDATE quizzes SET deleted_at = now() WHERE id = %s AND deleted_at IS NULL"
    if not is_id(quiz_id) or not database.execute_sql(query, (quiz_id,)).rowcount:
        raise NotFound("quiz", quiz_id)


def set_question_image(quiz_id: str, question_id: str, image_url: str | None) -> None:
    """Give one question a picture. Raises NotFound when the quiz has no such question."""
    require_storable(image_url=image_url)
    query = (
        "UPDATE questions SET image_url = %s FROM quizzes WHERE questions.id = %s AND quizzes.id = %s "
        "AND quiz_id = quizzes.id AND deleted_at IS NULL"
    )
    parameters = (image_url, question_id, quiz_id)
    if not (is_id(quiz_id) and is_id(question_id)) or not database.execute_sql(query, parameters).rowcount:
        raise NotFound("question", question_id)


def snapshot(quiz_id: str, media_url: str = "") -> bytes:
    """The quiz as JSON for a session, fields as in `bus.messages.Quiz`; `media_url` goes before paths of pictures.

    Raises NotFound, or Conflict `quiz_empty` when there is nothing to play.
    """
    quiz = _existing(quiz_id)
    if not quiz["questions"]:
        raise Conflict("quiz_empty", "this quiz has no questions: add one before starting it")
    return msgspec.json.encode(
        {
            "quiz_id": quiz["id"],
            "title": quiz["title"],
            "questions": [_frozen(question, media_url) for question in quiz["questions"]],
            "description": quiz["description"],
        }
    )


def _frozen(question: dict[str, Any], media_url: str) -> dict[str, Any]:
    options, image_url = question["options"], question["image_url"]
    return question | {
        "image_url": media_url + image_url if image_url and image_url.startswith("/") else image_url,
        "options": [{"key": option["key"], "text": option["text"]} for option in options],
        "correct": next((option["key"] for option in options if option["is_correct"]), ""),
    }


def _existing(quiz_id: str) -> dict[str, Any]:
    quiz = get(quiz_id)
    if quiz is None:
        raise NotFound("quiz", quiz_id)
    return quiz


def _questions(quiz_id: str) -> list[dict[str, Any]]:
    rows = database.execute_sql(
        "SELECT id, title, explanation, time_limit_s, weight, image_url FROM questions "
        "WHERE quiz_id = %s ORDER BY position",
        (quiz_id,),
    )
    names = ("id", "title", "explanation", "time_limit_s", "weight", "image_url")
    questions = {row[0]: dict(zip(names, row, strict=True), options=[]) for row in rows}
    options = database.execute_sql(
        "SELECT question_id, options.position, text, is_correct FROM options "
        "JOIN questions ON questions.id = question_id WHERE quiz_id = %s ORDER BY question_id, options.position",
        (quiz_id,),
    )
    for question_id, position, text, is_correct in options:
        if question_id in questions:
            questions[question_id]["options"].append(
                {"key": KEYS[position], "text": text, "is_correct": is_correct}
            )
    return list(questions.values())


def _insert_questions(quiz_id: str, questions: list[Mapping[str, Any]], kept: dict[str, str | None]) -> None:
    question_rows: list[tuple[Any, ...]] = []
    option_rows: list[tuple[Any, ...]] = []
    unused = dict(kept)
    for position, (question, fresh_id) in enumerate(zip(questions, new_ids(len(questions)), strict=True)):
        question_id = question.get("id")
        if question_id in unused:
            image_url = question.get("image_url", unused.pop(question_id))
        else:
            question_id, image_url = fresh_id, question.get("image_url")
        weight = question.get("weight")
        question_rows.append(
            (
                question_id,
                quiz_id,
                position,
                question["title"],
                question.get("explanation"),
                question.get("time_limit_s"),
                1 if weight is None else weight,
                image_url,
            )
        )
        for place, option in enumerate(question["options"]):
            option_rows.append((question_id, place, option["text"], option["is_correct"]))
    copy_rows("questions", _QUESTION_COLUMNS, question_rows)
    copy_rows("options", _OPTION_COLUMNS, option_rows)


def _check_text(draft: Mapping[str, Any]) -> None:
    require_storable(title=draft["title"], description=draft.get("description"))


def _write_cursor(quiz_id: str) -> str:
    return urlsafe_b64encode(UUID(quiz_id).bytes).rstrip(b"=").decode()


def _read_cursor(cursor: str) -> str:
    try:
        return str(UUID(bytes=urlsafe_b64decode(cursor.encode("ascii") + b"==")))
    except (ValueError, binascii.Error):
        raise InvalidCursor() from None
