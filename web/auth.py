"""Who is calling: Bearer tokens, checked against the login they belong to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from quart import request

from db import logins
from web import signing
from web.problems import Problem
from web.services import services
from web.tokens import Bearer, Caller, read_access_token

__all__ = ["admin", "as_caller", "author", "bearer", "caller", "caller_or_guest"]

_P = ParamSpec("_P")
_T = TypeVar("_T")


async def caller() -> Caller:
    """The user behind this request. Raises Problem 401 `unauthenticated` or `token_expired`."""
    return await services().pool.run(_look_up, bearer())


async def as_caller(
    said: Bearer, fn: Callable[Concatenate[Caller, _P], _T], *args: _P.args, **kwargs: _P.kwargs
) -> _T:
    """`fn(caller, …)`, called in the pool with the user who `said` to be one, in one go. Raises as `caller`, and as `fn`."""
    return await services().pool.run(lambda: fn(_look_up(said), *args, **kwargs))


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
    if "Authorization" not in request.headers:
        return None
    return await caller()


def bearer() -> Bearer:
    """Who this request says it is from; whether their login still lives is to be looked up. Raises Problem 401."""
    header = request.headers.get("Authorization")
    if header is None:
        raise _unauthenticated("Log in first, and send the access token as Authorization: Bearer.")
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthenticated("Send the access token as Authorization: Bearer.")
    try:
        return read_access_token(services().config.accepted_secrets, token.strip())
    except signing.TokenExpired:
        raise Problem(
            401,
            "token_expired",
            "The access token has expired: get a new one at /users/refresh-token.",
            headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
        ) from None
    except signing.TokenInvalid:
        raise _unauthenticated("This access token is not valid: log in again.") from None


def _look_up(said: Bearer) -> Caller:
    who = logins.who(said.login_id)
    if who is None or who.user_id != said.user_id:
        raise _unauthenticated("This login has ended: log in again.")
    return Caller(who.user_id, who.role, said.login_id)


def _unauthenticated(detail: str) -> Problem:
    return Problem(401, "unauthenticated", detail, headers={"WWW-Authenticate": "Bearer"})
