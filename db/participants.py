"""Participants of a session.

A participant is a dict: id, session_id, user_id, login_id, nickname, kicked, joined_at, banned. User and login are
None for guests; the login is the one they joined with last.

A ban recognises a browser by its device token, and a network by its address. Both are kept as hashes, different ones
in each session, and only until it ends.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from peewee import IntegrityError

from db import nicknames
from db.cursors import read_cursor, write_cursor
from db.errors import Conflict, NotFound
from db.ids import is_id, new_id
from db.models import database

__all__ = [
    "all_of",
    "ban",
    "by_resume_token",
    "forget_devices",
    "get",
    "join",
    "kick",
    "page",
    "page_statement",
    "rename",
]

_GENERATED_TRIES = 20
_BEFORE_ALL = "00000000-0000-0000-0000-000000000000"
_NAMES = ("id", "session_id", "user_id", "login_id", "nickname", "kicked", "joined_at", "banned")
_SELECT = (
    "SELECT id, session_id, user_id, login_id, nickname, kicked_at IS NOT NULL, joined_at, "
    "banned_at IS NOT NULL FROM participants"
)


class _Marks(NamedTuple):
    """What one is recognised by."""

    secret: bytes  # of the resume token
    device: bytes
    network: bytes | None


def join(
    session_id: str,
    user_id: str | None = None,
    nickname: str | None = None,
    *,
    login_id: str | None = None,
    device_token: str | None = None,
    network: str | None = None,
    shut: Conflict | None = None,
) -> dict[str, Any]:
    """A new participant, or the one this user already is; the dict holds `resume_token` and `device_token`, only here.

    Without a nickname a free one is made up. Somebody who joins again keeps the nickname and gets a new resume
    token; the old one stops working. `device_token` is what an earlier join gave to this browser; without one there
    is a new one. `shut` is raised for whoever is not in the session yet. Raises NotFound (session), InvalidNickname,
    Conflict `session_ended`, `nickname_taken`, `kicked`, `banned`.
    """
    cleaned = None if nickname is None else nicknames.clean(nickname)
    secret, device_token = secrets.token_urlsafe(24), device_token or secrets.token_urlsafe(24)
    marks = _Marks(
        _digest(secret),
        _digest(f"{session_id} device {device_token}"),
        None if network is None else _digest(f"{session_id} network {network}"),
    )
    participant = _join(session_id, user_id, login_id, cleaned, marks, shut)
    return participant | {"resume_token": f"{participant['id']}.{secret}", "device_token": device_token}


def _join(
    session_id: str,
    user_id: str | None,
    login_id: str | None,
    cleaned: str | None,
    marks: _Marks,
    shut: Conflict | None,
) -> dict[str, Any]:
    """Them. Usually one statement, since a whole hall comes in at once."""
    participant_id = new_id()
    for attempt in range(1 if cleaned else _GENERATED_TRIES):
        # The more names are taken, the longer the number.
        name = cleaned or nicknames.generate(digits=2 + attempt // 4)
        joined_at = _enter(participant_id, session_id, user_id, login_id, name, marks, shut)
        if isinstance(joined_at, datetime):
            values = (participant_id, session_id, user_id, login_id, name, False, joined_at, False)
            return dict(zip(_NAMES, values, strict=True))
        # Shut and bans keep out who is new, and a conflict may be their own: a user who was in and was not
        # thrown out comes back.
        if user_id is not None and (known := _rejoin(session_id, user_id, login_id, marks)):
            return _one("id", known)
        if joined_at is not None:
            raise joined_at
    raise _taken()


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


def ban(participant_id: str, *, network: bool) -> dict[str, Any]:
    """Kick, and let nobody new come in with their device, or if `network` from there. Raises NotFound."""
    query = (
        "UPDATE participants SET kicked_at = coalesce(kicked_at, now()), banned_at = coalesce(banned_at, now()), "
        "network_banned = network_banned OR %s WHERE id = %s"
    )
    if not is_id(participant_id) or not database.execute_sql(query, (network, participant_id)).rowcount:
        raise NotFound("participant", participant_id)
    return _one("id", participant_id)


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
        raise _taken() from None
    return _one("id", participant_id)


def forget_devices(session_id: str) -> None:
    """The session is over, and with it every ban: what recognises devices and networks goes."""
    database.execute_sql(
        "UPDATE participants SET device_hash = NULL, network_hash = NULL WHERE session_id = %s "
        "AND (device_hash IS NOT NULL OR network_hash IS NOT NULL)",
        (session_id,),
    )


def _taken() -> Conflict:
    return Conflict(
        "nickname_taken", "somebody in this session has this nickname already: choose another one"
    )


def _require_live(session_id: str) -> None:
    row = None
    if is_id(session_id):
        row = database.execute_sql("SELECT ended_at FROM sessions WHERE id = %s", (session_id,)).fetchone()
    if row is None:
        raise NotFound("session", session_id)
    if row[0] is not None:
        raise _ended()


def _ended() -> Conflict:
    return Conflict("session_ended", "this session is over")


_ENTER = """
WITH session AS (SELECT ended_at FROM sessions WHERE id = %(session_id)s),
banned AS (
    SELECT FROM participants WHERE session_id = %(session_id)s AND banned_at IS NOT NULL
    AND (device_hash = %(device)s OR (network_banned AND network_hash = %(network)s)) LIMIT 1
),
entered AS (
    INSERT INTO participants (id, session_id, user_id, login_id, nickname, nickname_key, resume_hash, device_hash,
        network_hash)
    SELECT %(id)s, %(session_id)s, %(user_id)s, %(login_id)s, %(nickname)s, %(nickname_key)s, %(secret)s, %(device)s,
        %(network)s
    FROM session WHERE ended_at IS NULL AND NOT %(shut)s AND NOT EXISTS (SELECT FROM banned)
    ON CONFLICT DO NOTHING
    RETURNING joined_at
)
SELECT ended_at IS NOT NULL, EXISTS (SELECT FROM banned), (SELECT joined_at FROM entered) FROM session
"""


def _enter(
    participant_id: str,
    session_id: str,
    user_id: str | None,
    login_id: str | None,
    nickname: str,
    marks: _Marks,
    shut: Conflict | None,
) -> datetime | Conflict | None:
    """When they came in; why they may not; or None for a conflict with somebody who is in.

    Raises NotFound, Conflict `session_ended`.
    """
    row = None
    if is_id(session_id):
        values = {
            "id": participant_id,
            "session_id": session_id,
            "user_id": user_id,
            "login_id": login_id,
            "nickname": nickname,
            "nickname_key": nicknames.key(nickname),
            "shut": shut is not None,
            **marks._asdict(),
        }
        row = database.execute_sql(_ENTER, values).fetchone()
    if row is None:
        raise NotFound("session", session_id)
    ended, banned, joined_at = row
    if ended:
        raise _ended()
    if banned:
        return Conflict("banned", "the host has banned this device or network from the session")
    return shut if joined_at is None and shut is not None else joined_at


def _rejoin(session_id: str, user_id: str, login_id: str | None, marks: _Marks) -> str | None:
    """The id of the participant that this user is, or None."""
    with database.atomic():
        row = database.execute_sql(
            "SELECT id, kicked_at IS NOT NULL FROM participants WHERE session_id = %s AND user_id = %s FOR UPDATE",
            (session_id, user_id),
        ).fetchone()
        if row is None:
            return None
        participant_id, kicked = row
        if kicked:
            raise Conflict("kicked", "the host removed you from this session")
        database.execute_sql(
            "UPDATE participants SET resume_hash = %s, device_hash = %s, network_hash = %s, login_id = %s "
            "WHERE id = %s",
            (*marks, login_id, participant_id),
        )
    return str(participant_id)


def _one(column: str, value: str) -> dict[str, Any]:
    row = database.execute_sql(f"{_SELECT} WHERE {column} = %s", (value,)).fetchone()
    if row is None:
        raise NotFound("participant", value)
    return _as_dict(row)


def _as_dict(row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(_NAMES, row, strict=True))


def _digest(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
