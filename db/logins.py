"""Logins: from the right password to the logout, at most 90 days. A login is what its tokens and sockets stand on.

A login is a dict: id, user_id, created_at, used_at, expires_at, revoked_at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from db.ids import is_id, new_id
from db.models import Login, database

__all__ = ["LIFETIME_S", "Who", "end", "end_all", "ended", "is_good", "of_user", "start", "who"]

LIFETIME_S = 90 * 24 * 60 * 60
"""However often its tokens are renewed, a login is over after this."""

_COLUMNS = (
    Login.id,
    Login.user_id,
    Login.created_at,
    Login.used_at,
    Login.expires_at,
    Login.revoked_at,
)


class Who(NamedTuple):
    """The user behind a login."""

    user_id: str
    role: str


def start(user_id: str, password_hash: str, *, lifetime_s: int = LIFETIME_S) -> str | None:
    """Id of a new login of a user whose password was found right.

    None when that password is no longer theirs or they were banned meanwhile: the user's row is locked, so that
    changing the password, banning and deleting either see this login and end it, or keep it from starting.
    """
    with database.atomic():
        found = database.execute_sql(
            "SELECT 1 FROM users WHERE id = %s AND password_hash = %s AND banned_at IS NULL FOR SHARE",
            (user_id, password_hash),
        ).fetchone()
        if found is None:
            return None
        _forget_old(user_id)
        _forget_abandoned()
        login_id = new_id()
        database.execute_sql(
            "INSERT INTO logins (id, user_id, expires_at) VALUES (%s, %s, now() + make_interval(secs => %s))",
            (login_id, user_id, lifetime_s),
        )
    return login_id


def who(login_id: str) -> Who | None:
    """The user of a login; None when it was ended or has expired, or when the user is banned or gone."""
    if not is_id(login_id):
        return None
    row = database.execute_sql(
        "SELECT users.id, users.role FROM logins JOIN users ON users.id = logins.user_id "
        "WHERE logins.id = %s AND revoked_at IS NULL AND expires_at > now() "
        "AND banned_at IS NULL AND deleted_at IS NULL",
        (login_id,),
    ).fetchone()
    return None if row is None else Who(*row)


def is_good(user_id: str, login_id: str | None) -> bool:
    """Whether a socket may stand on this: the user is neither banned nor gone, and the login was not ended.

    A login that merely expires ends no game that is going on.
    """
    return not ended([(user_id, login_id)])


def ended(pairs: Iterable[tuple[str, str | None]]) -> set[tuple[str, str | None]]:
    """Those of many `(user_id, login_id)` that are not good any more; in one query."""
    asked = set(pairs)
    users = [user_id for user_id, _ in asked]
    logins = [login_id for _, login_id in asked if login_id is not None]
    gone = database.execute_sql(
        "SELECT id FROM users WHERE id = ANY(%s::uuid[]) AND (banned_at IS NOT NULL OR deleted_at IS NOT NULL) "
        "UNION ALL SELECT id FROM logins WHERE id = ANY(%s::uuid[]) AND revoked_at IS NOT NULL",
        (users, logins),
    ).fetchall()
    bad = {row[0] for row in gone}
    return {pair for pair in asked if not bad.isdisjoint(pair)}


def end(login_id: str) -> bool:
    """End one login: none of its tokens works any more. False when it had ended."""
    if not is_id(login_id):
        return False
    query = "UPDATE logins SET revoked_at = now() WHERE id = %s AND revoked_at IS NULL"
    return bool(database.execute_sql(query, (login_id,)).rowcount)


def end_all(user_id: str, *, but: str | None = None) -> list[str]:
    """End all logins of a user, or all `but` one; returns the ids of those that were alive."""
    if not is_id(user_id):
        return []
    rows = database.execute_sql(
        "UPDATE logins SET revoked_at = now() WHERE user_id = %s AND revoked_at IS NULL "
        "AND id IS DISTINCT FROM %s RETURNING id",
        (user_id, but),
    )
    return [row[0] for row in rows.fetchall()]


def of_user(user_id: str) -> list[dict[str, Any]]:
    """A user's logins that are still known, the newest first; also those that have ended."""
    if not is_id(user_id):
        return []
    query = Login.select(*_COLUMNS).where(Login.user_id == user_id).order_by(Login.id.desc())
    return [*query.dicts()]


def _forget_abandoned() -> None:
    """The same for people who never come back, a few at a time: each login that starts makes room for two."""
    database.execute_sql(
        "DELETE FROM logins WHERE id IN (SELECT id FROM logins WHERE expires_at < now() - interval '7 days' "
        "ORDER BY expires_at LIMIT 2 FOR UPDATE SKIP LOCKED)"
    )


def _forget_old(user_id: str) -> None:
    """A week after a login ended, and after a token expired, nobody needs its row to tell a thief."""
    database.execute_sql(
        "DELETE FROM logins WHERE user_id = %s AND least(expires_at, revoked_at) < now() - interval '7 days'",
        (user_id,),
    )
    database.execute_sql(
        "DELETE FROM refresh_tokens USING logins WHERE logins.id = login_id AND user_id = %s "
        "AND refresh_tokens.expires_at < now() - interval '7 days'",
        (user_id,),
    )
