"""Accounts: register, log in and out, the profile."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from quart import Blueprint, Response
from quart_schema import document_request, document_response

from db import refresh_tokens, users
from db.errors import RefreshInvalid
from web.addresses import media_url
from web.auth import caller
from web.bodies import read_json
from web.documents import logged_in
from web.problems import Problem, invalid
from web.replies import Nothing, empty, reply
from web.services import services
from web.tokens import ACCESS_TTL_S, Caller, issue_access_token

__all__ = ["blueprint"]

blueprint = Blueprint("accounts", __name__, url_prefix="/users")

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f.]+(\.[^@\s\x00-\x1f.]+)+")
"""Enough to catch mistakes; whether an address exists shows only by writing to it."""

Email = Annotated[str, Meta(min_length=3, max_length=254)]
NewPassword = Annotated[str, Meta(min_length=8, max_length=256)]
AnyPassword = Annotated[str, Meta(max_length=256)]
DisplayName = Annotated[str, Meta(min_length=1, max_length=64)]


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new account."""

    email: Email
    password: NewPassword
    display_name: DisplayName


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """E-mail address and password."""

    email: Email
    password: AnyPassword


class Refresh(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The refresh token of the last reply; it works once."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=256)]


class ProfileChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can be changed of a profile."""

    display_name: DisplayName


class Profile(msgspec.Struct, frozen=True):
    """A user as they see themselves."""

    id: str
    email: str
    display_name: str
    role: str
    avatar_url: str | None
    created_at: datetime


class Tokens(msgspec.Struct, frozen=True):
    """An access token, and the refresh token that gets the next pair."""

    access_token: str
    refresh_token: str
    expires_in: int  # seconds, of the access token
    token_type: Literal["Bearer"] = "Bearer"


@blueprint.post("/register")
@document_request(Register)
@document_response(Profile, 201)
async def register() -> Response:
    """Make an account."""
    wanted = await read_json(Register)
    if not _EMAIL.fullmatch(wanted.email.strip()):
        raise invalid("email", "this is not an e-mail address")
    display_name = _display_name(wanted.display_name)
    found = services()
    password_hash = await found.passwords.hash(_password(wanted.password))
    user = await found.pool.run(users.create, wanted.email, password_hash, display_name)
    return reply(_profile(user), 201, {"Location": "/users/profile"})


@blueprint.post("/login")
@document_request(Login)
@document_response(Tokens)
async def login() -> Response:
    """Get tokens for an e-mail address and its password."""
    given = await read_json(Login)
    found = services()
    user = await found.pool.run(users.by_email, given.email)
    stored = None if user is None else user["password_hash"]
    # For an unknown account as well, so that the time taken does not tell who has one.
    right = await found.passwords.verify(stored, given.password)
    if user is None or not right:
        raise Problem(401, "invalid_credentials", "E-mail address or password is wrong: check both.")
    if found.passwords.is_outdated(user["password_hash"]):
        password_hash = await found.passwords.hash(given.password)
        await found.pool.run(users.update, user["id"], password_hash=password_hash)
    refresh_token = await found.pool.run(refresh_tokens.issue, user["id"])
    return _tokens(user, refresh_token)


@blueprint.post("/refresh-token")
@document_request(Refresh)
@document_response(Tokens)
async def refresh() -> Response:
    """Trade a refresh token for the next pair. One that was used before ends the login: it was stolen."""
    given = await read_json(Refresh)
    user, refresh_token = await services().pool.run(_rotate, given.refresh_token)
    return _tokens(user, refresh_token)


@blueprint.post("/logout")
@logged_in
@document_response(Nothing, 204)
async def logout() -> Response:
    """End this login: its tokens stop working at once."""
    who = await caller()
    await services().pool.run(refresh_tokens.revoke_family, who.login_id)
    return empty()


@blueprint.get("/profile")
@logged_in
@document_response(Profile)
async def profile() -> Response:
    """The user who is logged in."""
    who = await caller()
    user = await services().pool.run(users.get, who.user_id)
    if user is None:
        raise Problem(401, "unauthenticated", "This account is gone: log in with another one.")
    return reply(_profile(user))


@blueprint.put("/profile")
@logged_in
@document_request(ProfileChange)
@document_response(Profile)
async def change_profile() -> Response:
    """Change the user who is logged in."""
    who = await caller()
    change = await read_json(ProfileChange)
    display_name = _display_name(change.display_name)
    user = await services().pool.run(users.update, who.user_id, display_name=display_name)
    return reply(_profile(user))


def _rotate(token: str) -> tuple[dict[str, Any], str]:
    user_id, successor = refresh_tokens.rotate(token)
    user = users.get(user_id)
    if user is None:
        raise RefreshInvalid
    return user, successor


def _tokens(user: dict[str, Any], refresh_token: str) -> Response:
    login_id = refresh_tokens.family_of(refresh_token) or ""
    access_token = issue_access_token(services().config.secret, Caller(user["id"], user["role"], login_id))
    return reply(Tokens(access_token, refresh_token, ACCESS_TTL_S))


def _profile(user: dict[str, Any]) -> Profile:
    avatar_url = media_url(services().config, user["avatar_url"])
    return Profile(
        user["id"], user["email"], user["display_name"], user["role"], avatar_url, user["created_at"]
    )


def _display_name(text: str) -> str:
    trimmed = text.strip()
    if not trimmed:
        raise invalid("display_name", "a name is needed")
    return trimmed


def _password(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise invalid("password", "half a surrogate pair is no character") from None
    return text
