"""Accounts: register, the profile, and the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
import redis
from quart import Blueprint, Response
from quart_schema import document_request, document_response

from db import leaving, logins, own_data, quizzes, users
from db.errors import DbError
from web.addresses import media_base
from web.api.account_bodies import (
    Export,
    Farewell,
    HostedSession,
    LoginView,
    Participation,
    Profile,
    ProfileChange,
    Register,
    profile_of,
    valid_email,
    valid_name,
    valid_password,
)
from web.api.quiz_bodies import QuizReply, with_media
from web.auth import caller
from web.board import rename_on_board
from web.bodies import read_json
from web.commands import run_command
from web.documents import logged_in, refuses
from web.pictures import tidy
from web.problems import Problem, invalid
from web.rates import ACCOUNTS, COSTLY, READS, WRITES, limited
from web.replies import MadeHeaders, Nothing, empty, reply
from web.revoking import tell_gateways
from web.services import Services, services
from web.throttling import password_attempt, registration_attempt
from web.tokens import Caller

__all__ = ["blueprint"]

blueprint = Blueprint("accounts", __name__, url_prefix="/users")


@blueprint.post("/register")
@limited(ACCOUNTS)
@document_request(Register)
@document_response(Profile, 201, MadeHeaders)
@refuses("email_taken")
async def register() -> Response:
    """Make an account."""
    wanted = await read_json(Register)
    email, display_name = valid_email(wanted.email), valid_name(wanted.display_name)
    password = valid_password(wanted.password)
    await registration_attempt()
    found = services()
    password_hash = await found.passwords.hash(password)
    user = await found.pool.run(
        users.create, email, password_hash, display_name, found.config.registration_role
    )
    return reply(profile_of(user, found.config), 201, {"Location": "/users/profile"})


@blueprint.get("/profile")
@limited(READS)
@logged_in
@document_response(Profile)
async def profile() -> Response:
    """The user who is logged in."""
    who = await caller()
    found = services()
    return reply(profile_of(await _user(found, who), found.config))


@blueprint.put("/profile")
@limited(WRITES)
@logged_in
@document_request(ProfileChange)
@document_response(Profile)
@refuses("wrong_password", "email_taken")
async def change_profile() -> Response:
    """Change what is sent. A new password ends all other logins of this user; their WebSockets close."""
    who = await caller()
    change = await read_json(ProfileChange)
    changes: users.Changes = {}
    if change.display_name is not None:
        changes["display_name"] = valid_name(change.display_name)
    if change.email is not None:
        changes["email"] = valid_email(change.email)
    found = services()
    if change.email is not None or change.new_password is not None:
        if change.current_password is None:
            raise invalid("current_password", "needed to change the e-mail address or the password")
        new_password = None
        if change.new_password is not None:
            new_password = valid_password(change.new_password, "new_password")
        confirmed = await _confirmed(found, who, change.current_password)
        if new_password is not None:
            await _change_password(found, who, confirmed, new_password)
    user = await found.pool.run(users.update, who.user_id, **changes) if changes else await _user(found, who)
    return reply(profile_of(user, found.config))


@blueprint.delete("/profile")
@limited(WRITES)
@logged_in
@document_request(Farewell)
@document_response(Nothing, 204)
@refuses("wrong_password")
async def delete_account() -> Response:
    """Delete the account. Results of sessions stay, under a name that says nothing; sessions it hosts are ended."""
    who = await caller()
    given = await read_json(Farewell)
    found = services()
    confirmed = await _confirmed(found, who, given.password)
    for session_id in await found.pool.run(leaving.hosting, who.user_id):
        with suppress(
            Problem
        ):  # over already; or nobody does it now: then the stored command will be done later
            await run_command(found, "end", session_id)
    seats = await found.pool.run(leaving.leave, who.user_id, confirmed.password_hash)
    if seats is None:
        raise _wrong_password()
    await tell_gateways(found.nats, who.user_id)
    await tidy(found, who.user_id)
    for seat in seats:
        # Or the board is rebuilt from PostgreSQL, where the name is gone.
        with suppress(redis.RedisError, DbError):
            await rename_on_board(found.nats, found.pool, found.redis, *seat)
    return empty()


@blueprint.get("/profile/export")
@limited(COSTLY)
@logged_in
@document_response(Export)
async def export() -> Response:
    """Everything that is stored about the user, as one JSON document."""
    who = await caller()
    found = services()
    user = await _user(found, who)
    pieces = _export(found, who, profile_of(user, found.config))
    headers = {
        "Content-Type": "application/json",
        "Content-Disposition": 'attachment; filename="quizwire-account.json"',
    }
    return Response(pieces, 200, headers)


@dataclass(frozen=True, slots=True)
class _Confirmed:
    """Somebody who is logged in has given their password again."""

    user: dict[str, Any]
    password_hash: str


async def _confirmed(found: Services, who: Caller, password: str) -> _Confirmed:
    """Raises Problem 403 `wrong_password`, 429 `rate_limited`."""
    user = await _user(found, who)
    attempt = await password_attempt(user["email"])
    password_hash = await found.pool.run(users.password_hash, who.user_id)
    if password_hash is None or not await attempt.verify(password_hash, password):
        raise _wrong_password()
    await attempt.forgive()
    return _Confirmed(user, password_hash)


async def _change_password(found: Services, who: Caller, confirmed: _Confirmed, password: str) -> None:
    password_hash = await found.passwords.hash(password)
    ended = await found.pool.run(
        users.change_password,
        who.user_id,
        confirmed.password_hash,
        password_hash,
        keep_login=who.login_id,
    )
    if ended is None:
        raise _wrong_password()
    await tell_gateways(found.nats, who.user_id, ended)


async def _user(found: Services, who: Caller) -> dict[str, Any]:
    user = await found.pool.run(users.get, who.user_id)
    if user is None:
        raise Problem(401, "unauthenticated", "This account is gone: log in with another one.")
    return user


async def _export(found: Services, who: Caller, profile: Profile) -> AsyncIterator[bytes]:
    """`Export` in pieces: quizzes may be many, so they are read one by one."""
    encode = msgspec.json.encode
    yield b'{"profile":' + encode(profile)
    parts: tuple[tuple[bytes, Callable[[str], list[dict[str, Any]]], Any], ...] = (
        (b"logins", logins.of_user, list[LoginView]),
        (b"sessions", own_data.hosted, list[HostedSession]),
        (b"participations", own_data.participations, list[Participation]),
    )
    for name, read, kind in parts:
        rows = await found.pool.run(read, who.user_id)
        yield b',"' + name + b'":' + encode(msgspec.convert(rows, kind))
    yield b',"quizzes":['
    comma = b""
    for quiz_id in await found.pool.run(own_data.quiz_ids, who.user_id):
        quiz = await found.pool.run(quizzes.get, quiz_id)
        if quiz is not None:
            yield comma + encode(with_media(msgspec.convert(quiz, QuizReply), media_base(found.config)))
            comma = b","
    yield b"]}"


def _wrong_password() -> Problem:
    return Problem(403, "wrong_password", "The current password is wrong: check it.")
