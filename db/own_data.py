"""What is stored about one user, for them to take along: plain dicts, in the order they came to be."""

from __future__ import annotations

from typing import Any

from db.models import database

__all__ = ["hosted", "participations", "quiz_ids"]


def quiz_ids(user_id: str) -> list[str]:
    """Ids of the user's quizzes; those that were deleted are not among them."""
    query = "SELECT id FROM quizzes WHERE owner_id = %s AND deleted_at IS NULL ORDER BY id"
    return [row[0] for row in database.execute_sql(query, (user_id,)).fetchall()]


def hosted(user_id: str) -> list[dict[str, Any]]:
    """Sessions the user ran: id, quiz_id, join_code, pacing, scoring, created_at, ended_at."""
    names = ("id", "quiz_id", "join_code", "pacing", "scoring", "created_at", "ended_at")
    query = (
        "SELECT id, quiz_id, join_code, pacing, scoring, created_at, ended_at FROM sessions "
        "WHERE host_id = %s ORDER BY id"
    )
    return [dict(zip(names, row, strict=True)) for row in database.execute_sql(query, (user_id,)).fetchall()]


def participations(user_id: str) -> list[dict[str, Any]]:
    """Sessions the user took part in: session_id, participant_id, nickname, joined_at, kicked_at, and their `answers`:
    question_id, option, correct and points (null while the session runs), started_at, finished_at."""
    names = ("participant_id", "session_id", "nickname", "joined_at", "kicked_at")
    rows = database.execute_sql(
        "SELECT id, session_id, nickname, joined_at, kicked_at FROM participants WHERE user_id = %s ORDER BY id",
        (user_id,),
    ).fetchall()
    return [dict(zip(names, row, strict=True)) | {"answers": _answers(row[1], row[0])} for row in rows]


def _answers(session_id: str, participant_id: str) -> list[dict[str, Any]]:
    names = ("question_id", "option", "correct", "points", "started_at", "finished_at")
    rows = database.execute_sql(
        # What was right stays hidden until the session is over: a question may still be open.
        "SELECT question_id, option, CASE WHEN ended_at IS NOT NULL THEN correct END, "
        "CASE WHEN ended_at IS NOT NULL THEN points END, started_at, finished_at "
        "FROM answers JOIN sessions ON sessions.id = answers.session_id "
        "WHERE session_id = %s AND participant_id = %s ORDER BY finished_at",
        (session_id, participant_id),
    ).fetchall()
    return [dict(zip(names, row, strict=True)) for row in rows]
