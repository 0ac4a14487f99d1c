"""Refresh tokens: single use, each replaces the one before it. All tokens of one login are a family.

A token is `<family>.<secret>`; only its sha256 is stored.
"""

from __future__ import annotations

import secrets
from hashlib import sha256

from db.errors import RefreshInvalid, RefreshReuse
from db.ids import is_id, new_id
from db.models import database

__all__ = ["TTL_S", "delete_expired", "family_is_live", "family_of", "issue", "revoke_family", "rotate"]

TTL_S = 30 * 24 * 60 * 60


def family_of(token: str) -> str | None:
    """The family's id, for the access tokens of the same login; None when this cannot be a token of ours."""
    family_id, dot, secret = token.partition(".")
    return family_id if dot and secret.isascii() and is_id(family_id) else None


def issue(user_id: str, *, family_id: str | None = None, ttl_s: int = TTL_S) -> str:
    """A token for a new login, or for the login `family_id`."""
    family_id = family_id or new_id()
    token = f"{family_id}.{secrets.token_urlsafe(32)}"
    database.execute_sql(
        "INSERT INTO refresh_tokens (id, family_id, user_id, token_hash, expires_at) "
        "VALUES (%s, %s, %s, %s, now() + make_interval(secs => %s))",
        (new_id(), family_id, user_id, _digest(token), ttl_s),
    )
    return token


def rotate(token: str, *, ttl_s: int = TTL_S) -> tuple[str, str]:
    """Use the token up: `(user_id, new token)`.

    Raises RefreshInvalid, or RefreshReuse when it was used before: then the whole family is revoked.
    """
    family_id = family_of(token)
    if family_id is None:
        raise RefreshInvalid()
    with database.atomic():
        row = database.execute_sql(
            "SELECT id, user_id, used_at IS NOT NULL, revoked_at IS NOT NULL, expires_at <= now() "
            "FROM refresh_tokens WHERE token_hash = %s FOR UPDATE",
            (_digest(token),),
        ).fetchone()
        if row is None:
            raise RefreshInvalid()
        token_id, user_id, used, revoked, expired = row
        if not (used or revoked or expired):
            database.execute_sql("UPDATE refresh_tokens SET used_at = now() WHERE id = %s", (token_id,))
            return user_id, issue(user_id, family_id=family_id, ttl_s=ttl_s)
        if used and not revoked:
            revoke_family(family_id)
    # Raised after the transaction: the revocation must stay.
    if used:
        raise RefreshReuse()
    raise RefreshInvalid()


def revoke_family(family_id: str) -> None:
    """End one login: none of its tokens works any more."""
    if not is_id(family_id):
        return
    query = "UPDATE refresh_tokens SET revoked_at = now() WHERE family_id = %s AND revoked_at IS NULL"
    # Again until nothing is left: the first try may have waited for a `rotate` whose new token it does not see.
    while database.execute_sql(query, (family_id,)).rowcount:
        pass


def family_is_live(family_id: str) -> bool:
    """False once the login was ended, revoked or is expired: its access tokens must not work either."""
    if not is_id(family_id):
        return False
    row = database.execute_sql(
        "SELECT 1 FROM refresh_tokens WHERE family_id = %s AND used_at IS NULL AND revoked_at IS NULL "
        "AND expires_at > now() LIMIT 1",
        (family_id,),
    ).fetchone()
    return row is not None


def delete_expired() -> int:
    """Forget tokens that are long expired; returns how many."""
    cursor = database.execute_sql("DELETE FROM refresh_tokens WHERE expires_at < now() - interval '7 days'")
    return int(cursor.rowcount)


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
