"""How participants come in: one, or a whole hall with one statement.

A newcomer's id and secrets are made before anything is asked of PostgreSQL, so that all of it may be repeated: who is in
already by an earlier attempt is simply in.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from db import nicknames
from db.errors import Conflict, NotFound
from db.ids import is_id, new_id
from db.models import database
from db.participants import digest, get, nickname_taken, session_ended

__all__ = ["Newcomer", "admit", "admit_all", "newcomer"]

_GENERATED_TRIES = 20


class Newcomer(NamedTuple):
    """Somebody at the door of a session."""

    id: str  # of the participant they are going to be
    session_id: str
    user_id: str | None
    login_id: str | None
    nickname: str | None  # cleaned; None: one is made up
    secret: str  # of the resume token
    device_token: str
    resume_hash: bytes
    device_hash: bytes
    network_hash: bytes | None


def newcomer(
    session_id: str,
    user_id: str | None = None,
    nickname: str | None = None,
    *,
    login_id: str | None = None,
    device_token: str | None = None,
    network: str | None = None,
) -> Newcomer:
    """Somebody who wants to come in. `device_token` is what an earlier join gave to this browser; without one there is a
    new one. Raises InvalidNickname.
    """
    cleaned = None if nickname is None else nicknames.clean(nickname)
    secret, device_token = secrets.token_urlsafe(24), device_token or secrets.token_urlsafe(24)
    return Newcomer(
        new_id(),
        session_id,
        user_id,
        login_id,
        cleaned,
        secret,
        device_token,
        digest(secret),
        digest(f"{session_id} device {device_token}"),
        None if network is None else digest(f"{session_id} network {network}"),
    )


def admit(who: Newcomer, shut: Conflict | None = None) -> dict[str, Any]:
    """A new participant, or the one this user already is; the dict holds `resume_token` and `device_token`, only here.

    Somebody who joins again keeps the nickname and gets a new resume token; the old one stops working. `shut` is raised
    for whoever is not in the session yet. Raises NotFound (session), Conflict `session_ended`, `nickname_taken`,
    `kicked`, `banned`.
    """
    for attempt in range(1 if who.nickname else _GENERATED_TRIES):
        # The more names are taken, the longer the number.
        name = who.nickname or nicknames.generate(digits=2 + attempt // 4)
        if shut is None and (joined_at := _insert([(who, name)]).get(who.id)):
            return _participant(who, name, joined_at)
        if earlier := get(who.id):
            return earlier | _tokens(who.id, who)
        refusal = _refusal(who) or shut
        # Shut and bans keep out who is new, and a conflict may be their own: a user who was in and was not
        # thrown out comes back.
        if who.user_id is not None and (known := _rejoin(who.user_id, who)):
            return known
        if refusal is not None:
            raise refusal
    raise nickname_taken()


def admit_all(group: Sequence[Newcomer]) -> list[dict[str, Any] | None]:
    """As `admit`, for many of several sessions with one statement; None for whoever did not simply get in.

    These are to be admitted one by one, which also tells why it cannot be.
    """
    named = [(who, who.nickname or nicknames.generate()) for who in group]
    joined = _insert(named)
    return [_participant(who, name, joined[who.id]) if who.id in joined else None for who, name in named]


def _participant(who: Newcomer, name: str, joined_at: datetime) -> dict[str, Any]:
    return {
        "id": who.id,
        "session_id": who.session_id,
        "user_id": who.user_id,
        "login_id": who.login_id,
        "nickname": name,
        "kicked": False,
        "joined_at": joined_at,
        "banned": False,
        **_tokens(who.id, who),
    }


def _tokens(participant_id: str, who: Newcomer) -> dict[str, str]:
    return {"resume_token": f"{participant_id}.{who.secret}", "device_token": who.device_token}


# In the order of names: two groups with names in common must not wait for each other.
_INSERT = """
INSERT INTO participants (id, session_id, user_id, login_id, nickname, nickname_key, resume_hash, device_hash,
    network_hash)
SELECT who.* FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::bytea[],
    %s::bytea[], %s::bytea[]) AS who (id, session_id, user_id, login_id, nickname, nickname_key, resume_hash,
    device_hash, network_hash)
JOIN sessions ON sessions.id = who.session_id AND ended_at IS NULL
WHERE NOT EXISTS (
    SELECT FROM participants AS banned
    WHERE banned.session_id = who.session_id AND banned.banned_at IS NOT NULL AND (
        banned.device_hash = who.device_hash OR (banned.network_banned AND banned.network_hash = who.network_hash)
    )
)
ORDER BY who.session_id, who.nickname_key
ON CONFLICT DO NOTHING
RETURNING id, joined_at
"""


def _insert(named: Sequence[tuple[Newcomer, str]]) -> dict[str, datetime]:
    """When each of them came in, by id: those of running sessions, not banned, with a name that is free."""
    rows = [
        (
            who.id,
            who.session_id,
            who.user_id,
            who.login_id,
            name,
            nicknames.key(name),
            who.resume_hash,
            who.device_hash,
            who.network_hash,
        )
        for who, name in named
        if is_id(who.session_id)
    ]
    if not rows:
        return {}
    columns = tuple(list(column) for column in zip(*rows, strict=True))
    return dict(database.execute_sql(_INSERT, columns).fetchall())


_REFUSAL = """
SELECT ended_at IS NOT NULL, EXISTS (
    SELECT FROM participants WHERE session_id = sessions.id AND banned_at IS NOT NULL
    AND (device_hash = %s OR (network_banned AND network_hash = %s))
) FROM sessions WHERE id = %s
"""


def _refusal(who: Newcomer) -> Conflict | None:
    """Why somebody new may not come in, unless it is for the name. Raises NotFound, Conflict `session_ended`."""
    row = None
    if is_id(who.session_id):
        values = (who.device_hash, who.network_hash, who.session_id)
        row = database.execute_sql(_REFUSAL, values).fetchone()
    if row is None:
        raise NotFound("session", who.session_id)
    ended, banned = row
    if ended:
        raise session_ended()
    return (
        Conflict("banned", "the host has banned this device or network from the session") if banned else None
    )


def _rejoin(user_id: str, who: Newcomer) -> dict[str, Any] | None:
    """The participant that this user is already, with the newcomer's tokens, or None. Raises Conflict `kicked`."""
    with database.atomic():
        row = database.execute_sql(
            "SELECT id, kicked_at IS NOT NULL FROM participants WHERE session_id = %s AND user_id = %s FOR UPDATE",
            (who.session_id, user_id),
        ).fetchone()
        if row is None:
            return None
        participant_id, kicked = row
        if kicked:
            raise Conflict("kicked", "the host removed you from this session")
        database.execute_sql(
            "UPDATE participants SET resume_hash = %s, device_hash = %s, network_hash = %s, login_id = %s "
            "WHERE id = %s",
            (who.resume_hash, who.device_hash, who.network_hash, who.login_id, participant_id),
        )
    known = get(participant_id)
    return None if known is None else known | _tokens(participant_id, who)
