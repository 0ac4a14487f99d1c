"""Logins: the way in with a password, on with a refresh token, and out."""

from __future__ import annotations

from quart import Blueprint, Response
from quart_schema import document_request, document_response

from db import logins, refresh_tokens, users
from db.errors import RefreshInvalid, RefreshReuse
from web.api.account_bodies import Credentials, Refresh, Tokens
from web.auth import caller
from web.bodies import read_json
from web.documents import logged_in, refuses
from web.problems import Problem
from web.rates import ACCOUNTS, limited
from web.replies import Nothing, empty, reply
from web.revoking import tell_gateways
from web.services import Services, services
from web.throttling import password_attempt, refresh_attempt
from web.tokens import ACCESS_TTL_S, issue_access_token

__all__ = ["blueprint"]

blueprint = Blueprint("logins", __name__, url_prefix="/users")


@blueprint.post("/login")
@limited(ACCOUNTS)
@document_request(Credentials)
@document_response(Tokens)
@refuses("invalid_credentials", "account_banned")
async def login() -> Response:
    """Get tokens for an e-mail address and its password."""
    given = await read_json(Credentials)
    found = services()
    attempt = await password_attempt(given.email)
    user = await found.pool.run(users.by_email, given.email)
    stored = None if user is None else user["password_hash"]
    # For an unknown account as well, so that the time taken does not tell who has one.
    right = await attempt.verify(stored, given.password)
    if user is None or not right:
        raise _wrong()
    if user["banned"]:
        raise Problem(403, "account_banned", "This account is banned: ask the people who run this site.")
    password_hash = await _renewed(found, user["id"], user["password_hash"], given.password)
    started = await found.pool.run(_start, user["id"], password_hash)
    if started is None:  # the password was changed at the same moment
        raise _wrong()
    await attempt.forgive()
    return _tokens(found, user["id"], *started)


@blueprint.post("/refresh-token")
@limited(ACCOUNTS)
@document_request(Refresh)
@document_response(Tokens)
@refuses("refresh_invalid", "refresh_reused")
async def refresh() -> Response:
    """Trade a refresh token for the next pair. One that was used before ends the login: it was stolen."""
    given = await read_json(Refresh)
    found = services()
    await refresh_attempt(refresh_tokens.login_of(given.refresh_token))
    try:
        user_id, login_id, successor = await found.pool.run(_rotate, given.refresh_token)
    except RefreshReuse as reuse:
        await tell_gateways(found.nats, reuse.user_id, [reuse.login_id])
        raise
    return _tokens(found, user_id, login_id, successor)


@blueprint.post("/logout")
@limited(ACCOUNTS)
@logged_in
@document_response(Nothing, 204)
async def logout() -> Response:
    """End this login: its tokens stop working at once, and its WebSockets close."""
    who = await caller()
    found = services()
    await found.pool.run(logins.end, who.login_id)
    await tell_gateways(found.nats, who.user_id, [who.login_id])
    return empty()


def _start(user_id: str, password_hash: str) -> tuple[str, str] | None:
    """`(login_id, refresh token)`."""
    login_id = logins.start(user_id, password_hash)
    return None if login_id is None else (login_id, refresh_tokens.issue(login_id))


def _rotate(token: str) -> tuple[str, str, str]:
    login_id, successor = refresh_tokens.rotate(token)
    who = logins.who(login_id)
    if who is None:
        raise RefreshInvalid
    return who.user_id, login_id, successor


async def _renewed(found: Services, user_id: str, password_hash: str, password: str) -> str:
    """The hash, made anew when its parameters are those of an earlier day."""
    if not found.passwords.is_outdated(password_hash):
        return password_hash
    renewed = await found.passwords.hash(password)
    return renewed if await found.pool.run(users.rehash, user_id, password_hash, renewed) else password_hash


def _tokens(found: Services, user_id: str, login_id: str, refresh_token: str) -> Response:
    access_token = issue_access_token(found.config.secret, user_id, login_id)
    return reply(Tokens(access_token, refresh_token, ACCESS_TTL_S))


def _wrong() -> Problem:
    return Problem(401, "invalid_credentials", "E-mail address or password is wrong: check both.")
