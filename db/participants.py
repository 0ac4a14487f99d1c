"""Participants of a session.

A participant is a dict: id, session_id, user_id, login_id, nickname, kicked, joined_at. User and login are None for
guests; the login is the one they joined with last.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Any

from db import nicknames
from db.cursors import read_cursor, write_cursor
from db.errors import Conflict, NotFound
from db.ids import is_id, new_id
from db.models import database

__all__ = ["all_of", "by_resume_token", "get", "join", "kick", "page", "page_statement"]

_GENERATED_TRIES = 20
_BEFORE_ALL = "00000000-0000-0000-0000-000000000000"
_NAMES = ("id", "session_id", "user_id", "login_id", "nickname", "kicked", "joined_at")
_SELECT = (
    "SELECT id, session_id, user_id, login_id, nickname, kicked_at IS NOT NULL, joined_at FROM participants"
)


def join(
    session_id: str, user_id: str | None = None, nickname: str | None = None, *, login_id: str | None = None
) -> dict[str, Any]:
    """A new participant, or the one this user already is; the dict holds `resume_token` too, only here.

    Without a nickname a free one is made up. Somebody who joins again keeps the nickname and gets a new resume
    token; the old one stops working. Raises NotFound (session), InvalidNickname, Conflict `session_ended`,
    `nickname_taken`, `kicked`.
    """
    cleaned = None if nickname is None else nicknames.clean(nickname)
    secret = secrets.token_urlsafe(24)
    with database.atomic():
        _require_live(session_id)
        participant_id = new_id()
        for attempt in range(1 if cleaned else _GENERATED_TRIES):
            # The more names are taken, the longer the number.
            name = cleaned or nicknames.generate(digits=2 + attempt // 4)
            if _insert(participant_id, session_id, user_id, login_id, name, secret):
                return _one("id", participant_id) | {"resume_token": f"{participant_id}.{secret}"}
            # The other reason for a conflict: this user is in the session already.
            if user_id is not None and (known := _rejoin(session_id, user_id, login_id, secret)):
                return known
    raise Conflict("nickname_taken", "somebody in this session has this nickname already: choose another one")


def get(participant_id: str) -> dict[str, Any] | None:
    """The participant, or None."""
    if not is_id(participant_id):
        return None
    row = database.execute_sql(f"{_SELECT} WHERE id = %s", (participant_id,)).fetchone()
    return None if row is None else _as_dict(row)


def by_resume_token(token: str) -> dict[str, Any] | None:
    """The participant (kicked or not: see `kicked`) whose current resume token this is, or None."""
    participant_id, dot, secret = token.partition(".")
    if not (dot and is_id(participant_id) and secret.isascii()):
        return None
    row = database.execute_sql(
        "SELECT resume_hash FROM participants WHERE id = %s", (participant_id,)
    ).fetchone()
    if row is None or not hmac.compare_digest(row[0], _digest(secret)):
        return None
    return get(participant_id)


def all_of(session_id: str) -> list[dict[str, Any]]:
    """All participants of a session in the order they joined, the kicked ones too."""
    if not is_id(session_id):
        return []
    rows = database.execute_sql(f"{_SELECT} WHERE session_id = %s ORDER BY id", (session_id,))
    return [_as_dict(row) for row in rows]


def page(
    session_id: str, limit: int = 100, cursor: str | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """Some of them, and the cursor of the next page or None. Raises InvalidCursor."""
    query, values = page_statement(session_id, limit, cursor)
    rows = database.execute_sql(query, values).fetchall() if is_id(session_id) else []
    items = [_as_dict(row) for row in rows[:limit]]
    return items, write_cursor(items[-1]["id"]) if len(rows) > limit else None


def page_statement(session_id: str, limit: int, cursor: str | None = None) -> tuple[str, tuple[Any, ...]]:
    """The one query behind `page`, and its values. It asks for one row more than the page has."""
    after = _BEFORE_ALL if cursor is None else read_cursor(cursor)
    return f"{_SELECT} WHERE session_id = %s AND id > %s ORDER BY id LIMIT %s", (session_id, after, limit + 1)


def kick(participant_id: str) -> dict[str, Any]:
    """Mark the participant as kicked: nobody comes back as them. Raises NotFound."""
    query = "UPDATE participants SET kicked_at = coalesce(kicked_at, now()) WHERE id = %s"
    if not is_id(participant_id) or not database.execute_sql(query, (participant_id,)).rowcount:
        raise NotFound("participant", participant_id)
    return _one("id", participant_id)


def _require_live(session_id: str) -> None:
    row = None
    if is_id(session_id):
        row = database.execute_sql("SELECT ended_at FROM sessions WHERE id = %s", (session_id,)).fetchone()
    if row is None:
        raise NotFound("session", session_id)
    if row[0] is not None:
        raise Conflict("session_ended", "this session is over")


def _insert(
    participant_id: str,
    session_id: str,
    user_id: str | None,
    login_id: str | None,
    nickname: str,
    secret: str,
) -> bool:
    cursor = database.execute_sql(
        "INSERT INTO participants (id, session_id, user_id, login_id, nickname, nickname_key, resume_hash) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (participant_id, session_id, user_id, login_id, nickname, nicknames.key(nickname), _digest(secret)),
    )
    return bool(cursor.rowcount)


def _rejoin(session_id: str, user_id: str, login_id: str | None, secret: str) -> dict[str, Any] | None:
    row = database.execute_sql(
        "UPDATE participants SET resume_hash = %s, login_id = %s WHERE session_id = %s AND user_id = %s "
        "RETURNING id, kicked_at IS NOT NULL",
        (_digest(secret), login_id, session_id, user_id),
    ).fetchone()
    if row is None:
        return None
    participant_id, kicked = row
    if kicked:
        raise Conflict("kicked", "the host removed you from this session")
    return _one("id", participant_id) | {"resume_token": f"{participant_id}.{secret}"}


def _one(column: str, value: str) -> dict[str, Any]:
    row = database.execute_sql(f"{_SELECT} WHERE {column} = %s", (value,)).fetchone()
    if row is None:
        raise NotFound("participant", value)
    return _as_dict(row)


def _as_dict(row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(_NAMES, row, strict=True))


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
