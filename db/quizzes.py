"""Quizzes with their questions and options.

A quiz is a dict: id, owner_id, title, description, status (DRAFT, STARTED, ENDED), visibility (private, public), tags,
revision (rises when an author changes the content), created_at, updated_at, questions: [{id, title, explanation, time_limit_s, weight, image_url, options: [{key "A".., text, is_correct}]}].
A draft is what authors write: title, description?, tags?, visibility?, questions: [{id?, title, explanation?, time_limit_s?, weight?,
image_url?, options: [{text, is_correct}]}]; its shape is checked at the edge, not here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from db import search
from db.copying import copy_rows
from db.errors import Conflict, InvalidOrder, NotFound, Stale
from db.ids import is_id, new_id, new_ids
from db.models import Quiz, database
from db.text import require_storable

__all__ = [
    "KEYS",
    "create",
    "delete",
    "get",
    "is_public",
    "put_in_order",
    "replace",
    "set_question_image",
    "snapshot",
    "status",
]

KEYS = "ABCD"
"""Option keys by position."""

_QUESTION_COLUMNS = (
    "id", "quiz_id", "position", "title", "explanation", "time_limit_s", "weight", "image_url",
)  # fmt: skip
_OPTION_COLUMNS = ("question_id", "position", "text", "is_correct")
_HEAD = (
    Quiz.id, Quiz.owner_id, Quiz.title, Quiz.description, Quiz.status, Quiz.visibility, Quiz.tags, Quiz.revision,
    Quiz.created_at, Quiz.updated_at,
)  # fmt: skip


def create(
    owner_id: str, draft: Mapping[str, Any], *, quiz_id: str | None = None, origin_id: str | None = None
) -> dict[str, Any]:
    """A new quiz; returns it. With the `quiz_id` of one this owner has made already, that one is returned.

    Raises InvalidText, or NotFound when the quiz was made and deleted.
    """
    _check_text(draft)
    quiz_id = quiz_id or new_id()
    with database.atomic():
        made = database.execute_sql(
            "INSERT INTO quizzes (id, owner_id, origin_id, title, description, tags, visibility, search, question_count) "
            "VALUES (%(id)s, %(owner_id)s, %(origin_id)s, %(title)s, %(description)s, %(tags)s::text[], %(visibility)s, "
            "array_to_tsvector(%(words)s::text[]), %(question_count)s) ON CONFLICT (id) DO NOTHING",
            _head_of(draft) | {"id": quiz_id, "owner_id": owner_id, "origin_id": origin_id},
        ).rowcount
        if made:
            _insert_questions(quiz_id, draft["questions"], kept={})
        return _existing(quiz_id)


def get(quiz_id: str) -> dict[str, Any] | None:
    """The quiz with all its questions, as it is at one moment, or None (also when it was deleted)."""
    if not is_id(quiz_id):
        return None
    # Several queries must not see half of somebody else's change. Within a transaction the row is locked already.
    with database.atomic(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ):
        quiz: dict[str, Any] | None
        quiz = Quiz.select(*_HEAD).where(Quiz.id == quiz_id, Quiz.deleted_at.is_null()).dicts().first()
        if quiz is not None:
            quiz["questions"] = _questions(quiz_id)
    return quiz


def status(quiz_id: str) -> str | None:
    """DRAFT, STARTED or ENDED; None when there is no such quiz."""
    query = "SELECT status FROM quizzes WHERE id = %s AND deleted_at IS NULL"
    row = database.execute_sql(query, (quiz_id,)).fetchone() if is_id(quiz_id) else None
    return None if row is None else row[0]


def is_public(quiz_id: str) -> bool:
    """Whether everybody can find it, or could before it was deleted."""
    query = "SELECT 1 FROM quizzes WHERE id = %s AND visibility = 'public'"
    return is_id(quiz_id) and database.execute_sql(query, (quiz_id,)).fetchone() is not None


def replace(
    quiz_id: str, draft: Mapping[str, Any], *, revisions: Collection[int] | None = None
) -> dict[str, Any]:
    """Put the draft in place of all content, atomically; returns the quiz.

    A question whose `id` is one of this quiz keeps it, and its image unless the draft gives `image_url`;
    all others get new ids. Sessions that are running have their own snapshot. Raises NotFound, InvalidText, and
    Stale when the quiz is at none of `revisions`.
    """
    _check_text(draft)
    with database.atomic():
        _next_revision(quiz_id, revisions)
        database.execute_sql(
            "UPDATE quizzes SET title = %(title)s, description = %(description)s, tags = %(tags)s::text[], "
            "visibility = %(visibility)s, search = array_to_tsvector(%(words)s::text[]), "
            "question_count = %(question_count)s WHERE id = %(id)s",
            _head_of(draft) | {"id": quiz_id},
        )
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


def put_in_order(
    quiz_id: str, question_ids: list[str], *, revisions: Collection[int] | None = None
) -> dict[str, Any]:
    """Put the questions in this order; returns the quiz.

    Raises NotFound, Stale when the quiz is at none of `revisions`, InvalidOrder unless every question is named once.
    """
    with database.atomic():
        _next_revision(quiz_id, revisions)
        rows = database.execute_sql("SELECT id FROM questions WHERE quiz_id = %s", (quiz_id,)).fetchall()
        if sorted(question_ids) != sorted(row[0] for row in rows):
            raise InvalidOrder()
        # Out of the way first: no two questions may be at one position, not even within a statement.
        database.execute_sql(
            "UPDATE questions SET position = position + %s WHERE quiz_id = %s", (len(rows), quiz_id)
        )
        database.execute_sql(
            "UPDATE questions SET position = wanted.place - 1 "
            "FROM unnest(%s::uuid[]) WITH ORDINALITY AS wanted (id, place) WHERE questions.id = wanted.id",
            (question_ids,),
        )
        return _existing(quiz_id)


def delete(quiz_id: str, *, revisions: Collection[int] | None = None) -> None:
    """Hide the quiz; past sessions keep their snapshots and results.

    Raises NotFound, and Stale when the quiz is at none of `revisions`.
    """
    with database.atomic():
        _next_revision(quiz_id, revisions)
        database.execute_sql("UPDATE quizzes SET deleted_at = now() WHERE id = %s", (quiz_id,))


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
    require_storable(**{f"tags[{place}]": tag for place, tag in enumerate(draft.get("tags") or ())})


def _head_of(draft: Mapping[str, Any]) -> dict[str, Any]:
    """What of a draft is stored in the quiz's own row."""
    title, description = draft["title"], draft.get("description") or ""
    tags = list(draft.get("tags") or ())
    return {
        "title": title,
        "description": description,
        "tags": tags,
        "visibility": draft.get("visibility") or "private",
        "words": search.words([title, description, *tags]),
        "question_count": len(draft["questions"]),
    }


def _next_revision(quiz_id: str, revisions: Collection[int] | None) -> None:
    """Lock the quiz and count its revision on. Raises NotFound, Stale."""
    query = (
        "UPDATE quizzes SET revision = revision + 1, updated_at = now() WHERE id = %s AND deleted_at IS NULL"
    )
    row = None
    if is_id(quiz_id):
        row = database.execute_sql(query + " RETURNING revision - 1", (quiz_id,)).fetchone()
    if row is None:
        raise NotFound("quiz", quiz_id)
    if revisions is not None and row[0] not in revisions:
        raise Stale()
