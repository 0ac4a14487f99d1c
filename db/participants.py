"""Participants of a session; how they come in is in `joining.py`.

A participant is a dict: id, session_id, user_id, login_id, nickname, kicked, joined_at, banned. User and login are
None for guests; the login is the one they joined with last.

A ban recognises a browser by its device token, and a network by its address. Both are kept as hashes, different ones
in each session, and only until it ends.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from peewee import IntegrityError

from db import nicknames
from db.cursors import read_cursor, write_cursor
from db.errors import Conflict, NotFound
from db.ids import is_id
from db.models import database

__all__ = [
    "all_of",
    "ban",
    "by_resume_token",
    "by_resume_tokens",
    "digest",
    "forget_devices",
    "get",
    "kick",
    "nickname_taken",
    "page",
    "page_statement",
    "rename",
    "session_ended",
]

_BEFORE_ALL = "00000000-0000-0000-0000-000000000000"
_NAMES = ("id", "session_id", "user_id", "login_id", "nickname", "kicked", "joined_at", "banned")
_COLUMNS = (
    "id, session_id, user_id, login_id, nickname, kicked_at IS NOT NULL, joined_at, banned_at IS NOT NULL"
)
_SELECT = f"SELECT {_COLUMNS} FROM participants"  # noqa: S608  # of our own words


def get(participant_id: str) -> dict[str, Any] | None:
    """The participant, or None."""
    if not is_id(participant_id):
        return None
    row = database.execute_sql(f"{_SELECT} WHERE id = %s", (participant_id,)).fetchone()
    return None if row is None else _as_dict(row)


def by_resume_token(token: str) -> dict[str, Any] | None:
    """The participant (kicked or not: see `kicked`) whose current resume token this is, or None."""
    return by_resume_tokens([token])[0]


def by_resume_tokens(tokens: Sequence[str]) -> list[dict[str, Any] | None]:
    """As `by_resume_token`, for each of them."""
    given = [(participant_id, secret) for participant_id, _, secret in (one.partition(".") for one in tokens)]
    ids = list({participant_id for participant_id, secret in given if secret and is_id(participant_id)})
    found: dict[str, tuple[Any, ...]] = {}
    if ids:
        query = f"SELECT {_COLUMNS}, resume_hash FROM participants WHERE id = ANY(%s::uuid[])"  # noqa: S608
        found = {row[0]: row for row in database.execute_sql(query, (ids,))}
    return [
        _as_dict(row[:-1])
        if (row := found.get(participant_id)) is not None
        and secret.isascii()
        and hmac.compare_digest(row[-1], digest(secret))
        else None
        for participant_id, secret in given
    ]


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
    return _one(participant_id)


def ban(participant_id: str, *, network: bool) -> dict[str, Any]:
    """Kick, and let nobody new come in with their device, or if `network` from there. Raises NotFound."""
    query = (
        "UPDATE participants SET kicked_at = coalesce(kicked_at, now()), banned_at = coalesce(banned_at, now()), "
        "network_banned = network_banned OR %s WHERE id = %s"
    )
    if not is_id(participant_id) or not database.execute_sql(query, (network, participant_id)).rowcount:
        raise NotFound("participant", participant_id)
    return _one(participant_id)


def rename(participant_id: str, nickname: str) -> dict[str, Any]:
    """Give them another nickname. Raises NotFound, InvalidNickname, Conflict `nickname_taken`, `kicked`,
    `session_ended`."""
    cleaned = nicknames.clean(nickname)
    participant = get(participant_id)
    if participant is None:
        raise NotFound("participant", participant_id)
    if participant["kicked"]:
        raise Conflict("kicked", "this participant was removed from the session")
    _require_live(participant["session_id"])
    try:
        with database.atomic():
            database.execute_sql(
                "UPDATE participants SET nickname = %s, nickname_key = %s WHERE id = %s",
                (cleaned, nicknames.key(cleaned), participant_id),
            )
    except IntegrityError:
        raise nickname_taken() from None
    return _one(participant_id)


def forget_devices(session_id: str) -> None:
    """The session is over, and with it every ban: what recognises devices and networks goes."""
    database.execute_sql(
        "UPDATE participants SET device_hash = NULL, network_hash = NULL WHERE session_id = %s "
        "AND (device_hash IS NOT NULL OR network_hash IS NOT NULL)",
        (session_id,),
    )


def digest(secret: str) -> bytes:
    """What is kept of a resume token, of a device and of a network."""
    return sha256(secret.encode()).digest()


def nickname_taken() -> Conflict:
    """Refuses a nickname that somebody else has."""
    return Conflict(
        "nickname_taken", "somebody in this session has this nickname already: choose another one"
    )


def session_ended() -> Conflict:
    """Refuses what comes too late."""
    return Conflict("session_ended", "this session is over")


def _require_live(session_id: str) -> None:
    row = None
    if is_id(session_id):
        row = database.execute_sql("SELECT ended_at FROM sessions WHERE id = %s", (session_id,)).fetchone()
    if row is None:
        raise NotFound("session", session_id)
    if row[0] is not None:
        raise session_ended()


def _one(participant_id: str) -> dict[str, Any]:
    participant = get(participant_id)
    if participant is None:
        raise NotFound("participant", participant_id)
    return participant


def _as_dict(row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(_NAMES, row, strict=True))
