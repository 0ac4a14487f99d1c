"""Who is calling: Bearer tokens, checked against the login they belong to."""

from __future__ import annotations

from quart import request

from db import refresh_tokens
from web import signing
from web.problems import Problem
from web.services import services
from web.tokens import Caller, read_access_token

__all__ = ["caller", "caller_or_guest"]


async def caller() -> Caller:
    """The user behind this request. Raises Problem 401 `unauthenticated` or `token_expired`."""
    found = await caller_or_guest()
    if found is None:
        raise _unauthenticated("Log in first, and send the access token as Authorization: Bearer.")
    return found


async def caller_or_guest() -> Caller | None:
    """The user behind this request; None without an Authorization header. A token that is no good is still a 401."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthenticated("Send the access token as Authorization: Bearer.")
    found = services()
    try:
        read = read_access_token(found.config.secret, token.strip())
    except signing.TokenExpired:
        raise Problem(
            401,
            "token_expired",
            "The access token has expired: get a new one at /users/refresh-token.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        ) from None
    except signing.TokenInvalid:
        raise _unauthenticated("This access token is not valid: log in again.") from None
    if not await found.pool.run(refresh_tokens.family_is_live, read.login_id):
        raise _unauthenticated("This login has ended: log in again.")
    return read


def _unauthenticated(detail: str) -> Problem:
    return Problem(401, "unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})
