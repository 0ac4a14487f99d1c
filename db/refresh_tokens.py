"""Refresh tokens: single use, each replaces the one before it. All tokens of one login are a family.

A token is `<login>.<secret>`; only its sha256 is stored. The next one is made of it and of a random seed in its row,
so that it can be told again to somebody who lost the reply, and by nobody who has only the database or only the token.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256

from db import logins
from db.errors import RefreshInvalid, RefreshReuse
from db.ids import is_id, new_id
from db.models import database

__all__ = ["GRACE_S", "TTL_S", "issue", "login_of", "rotate"]

TTL_S = 30 * 24 * 60 * 60
"""A login that is not used for this long is over."""

GRACE_S = 10
"""For so long after its use a token gets the same successor again: two tabs, or a reply that was lost.

See docs/decisions/0013.
"""


def login_of(token: str) -> str | None:
    """Id of the login it belongs to; None when this cannot be a token of ours."""
    login_id, dot, secret = token.partition(".")
    return login_id if dot and secret.isascii() and is_id(login_id) else None


def issue(login_id: str, *, ttl_s: int = TTL_S) -> str:
    """The first token of a login."""
    token = f"{login_id}.{secrets.token_urlsafe(32)}"
    _store(login_id, token, ttl_s)
    return token


def rotate(token: str, *, ttl_s: int = TTL_S) -> tuple[str, str]:
    """Use the token up: `(login_id, next token)`.

    Raises RefreshInvalid, or RefreshReuse when it was used before, longer than the grace ago or by somebody who has
    gone on with its successor: then the whole login is ended.
    """
    login_id = login_of(token)
    if login_id is None:
        raise RefreshInvalid()
    with database.atomic():
        # The login first, alone: whoever waited here must see in the next query what was done meanwhile.
        login = database.execute_sql(
            "SELECT user_id FROM logins WHERE id = %s AND revoked_at IS NULL AND expires_at > now() FOR UPDATE",
            (login_id,),
        ).fetchone()
        row = database.execute_sql(
            "SELECT id, seed, used_at IS NOT NULL, used_at > now() - make_interval(secs => %s), expires_at <= now() "
            "FROM refresh_tokens WHERE token_hash = %s AND login_id = %s",
            (GRACE_S, _digest(token), login_id),
        ).fetchone()
        if login is None or row is None:
            raise RefreshInvalid()
        token_id, seed, used, just_now, expired = row
        following = _successor(login_id, token, seed)
        if not used and not expired:
            database.execute_sql("UPDATE refresh_tokens SET used_at = now() WHERE id = %s", (token_id,))
            database.execute_sql("UPDATE logins SET used_at = now() WHERE id = %s", (login_id,))
            _store(login_id, following, ttl_s)
            return login_id, following
        if used and just_now and _is_unused(following):
            return login_id, following
        if used:
            logins.end(login_id)
    # Raised after the transaction: the end of the login must stay.
    if used:
        raise RefreshReuse(login[0], login_id)
    raise RefreshInvalid()


def _store(login_id: str, token: str, ttl_s: int) -> None:
    database.execute_sql(
        "INSERT INTO refresh_tokens (id, login_id, token_hash, seed, expires_at) "
        "SELECT %s, id, %s, %s, least(expires_at, now() + make_interval(secs => %s)) FROM logins WHERE id = %s",
        (new_id(), _digest(token), secrets.token_bytes(32), ttl_s, login_id),
    )


def _is_unused(token: str) -> bool:
    query = "SELECT 1 FROM refresh_tokens WHERE token_hash = %s AND used_at IS NULL"
    return database.execute_sql(query, (_digest(token),)).fetchone() is not None


def _successor(login_id: str, token: str, seed: bytes) -> str:
    secret = urlsafe_b64encode(hmac.digest(seed, token.encode(), sha256)).rstrip(b"=").decode()
    return f"{login_id}.{secret}"


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
