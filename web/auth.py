"""Who is calling: Bearer tokens, checked against the login they belong to."""

from __future__ import annotations

from quart import request

from db import logins
from web import signing
from web.problems import Problem
from web.services import services
from web.tokens import Caller, read_access_token

__all__ = ["admin", "author", "caller", "caller_or_guest"]


async def caller() -> Caller:
    """The user behind this request. Raises Problem 401 `unauthenticated` or `token_expired`."""
    found = await caller_or_guest()
    if found is None:
        raise _unauthenticated("Log in first, and send the access token as Authorization: Bearer.")
    return found


async def author() -> Caller:
    """The user behind this request, who may write and run quizzes. Raises Problem 401, or 403 `host_role_needed`."""
    who = await caller()
    if not who.may_author:
        raise Problem(
            403, "host_role_needed", "Only hosts write and run quizzes: ask an admin for the host role."
        )
    return who


async def admin() -> Caller:
    """The user behind this request, who is an admin. Raises Problem 401, or 403 `admin_role_needed`."""
    who = await caller()
    if who.role != "admin":
        raise Problem(403, "admin_role_needed", "Only admins may do this.")
    return who


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
        read = read_access_token(found.config.accepted_secrets, token.strip())
    except signing.TokenExpired:
        raise Problem(
            401,
            "token_expired",
            "The access token has expired: get a new one at /users/refresh-token.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        ) from None
    except signing.TokenInvalid:
        raise _unauthenticated("This access token is not valid: log in again.") from None
    who = await found.pool.run(logins.who, read.login_id)
    if who is None or who.user_id != read.user_id:
        raise _unauthenticated("This login has ended: log in again.")
    return Caller(who.user_id, who.role, read.login_id)


def _unauthenticated(detail: str) -> Problem:
    return Problem(401, "unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})
