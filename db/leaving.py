"""The end of an account: what goes, and what stays for the others.

What stays are the results of sessions: answers and scores of a participant without a name, and the sessions somebody
hosted. The user's row stays too, empty, because those refer to it.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import NamedTuple

from db import nicknames
from db.models import database

__all__ = ["Seat", "hosting", "leave"]


class Seat(NamedTuple):
    """A participant of a session that is still running, under the new name."""

    session_id: str
    participant_id: str
    nickname: str


def hosting(user_id: str) -> list[str]:
    """Ids of the sessions that the user hosts just now."""
    query = "SELECT id FROM sessions WHERE host_id = %s AND ended_at IS NULL ORDER BY id"
    return [row[0] for row in database.execute_sql(query, (user_id,)).fetchall()]


def leave(user_id: str, password_hash: str) -> list[Seat] | None:
    """Delete the account, in one transaction; where the old name is still shown in running sessions.

    None when the password was changed meanwhile, or the account is gone already.
    """
    with database.atomic():
        gone = database.execute_sql(
            "UPDATE users SET email = NULL, password_hash = '', display_name = '', avatar_url = NULL, "
            "role = 'participant', deleted_at = now(), updated_at = now() "
            "WHERE id = %s AND password_hash = %s AND deleted_at IS NULL",
            (user_id, password_hash),
        ).rowcount
        if not gone:
            return None
        database.execute_sql("DELETE FROM logins WHERE user_id = %s", (user_id,))
        database.execute_sql(
            "UPDATE quizzes SET deleted_at = now() WHERE owner_id = %s AND deleted_at IS NULL", (user_id,)
        )
        return _without_name(user_id)


def _without_name(user_id: str) -> list[Seat]:
    """Take the user's names out of all results."""
    seats = []
    rows = database.execute_sql(
        "SELECT participants.id, session_id, ended_at IS NULL FROM participants "
        "JOIN sessions ON sessions.id = session_id WHERE user_id = %s",
        (user_id,),
    ).fetchall()
    for participant_id, session_id, is_running in rows:
        nickname = f"Deleted {secrets.token_hex(6)}"
        database.execute_sql(
            "UPDATE participants SET user_id = NULL, login_id = NULL, nickname = %s, nickname_key = %s, "
            "resume_hash = %s WHERE id = %s",
            (nickname, nicknames.key(nickname), sha256(secrets.token_bytes(32)).digest(), participant_id),
        )
        if is_running:
            seats.append(Seat(session_id, participant_id, nickname))
    return seats
