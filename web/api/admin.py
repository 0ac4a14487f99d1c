"""What admins see and do of a whole site: users, sessions, queues, dead letters. The console does the same from a shell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from quart import Blueprint, Response
from quart_schema import document_querystring, document_request, document_response

from bus import dead_letters, queues
from bus.errors import NoSuchLetter, PublishRefused
from db import session_lists, user_lists, users
from web.api.admin_bodies import (
    AdminUser,
    AdminUserPage,
    AdminUsersQuery,
    DeadLetterPage,
    DeadLetterReply,
    DeadLettersQuery,
    DeadLetterSummary,
    QueueList,
    Retry,
    SessionsEverywhere,
    SessionsEverywhereQuery,
    UserChange,
    admin_user,
    letter_reply,
    letter_summary,
)
from web.api.session_bodies import ExpectedVersion, SessionReply, shown
from web.api.sessions import hosted
from web.auth import admin
from web.bodies import read_json, read_query
from web.commands import run_command
from web.documents import logged_in, refuses
from web.problem_codes import COMMANDS
from web.problems import Problem, not_found
from web.rates import READS, WRITES, limited
from web.replies import Nothing, empty, reply
from web.revoking import tell_gateways
from web.services import services

__all__ = ["blueprint"]

blueprint = Blueprint("admin_api", __name__, url_prefix="/admin")


@blueprint.get("/users")
@limited(READS)
@logged_in
@document_querystring(AdminUsersQuery)
@document_response(AdminUserPage)
@refuses("admin_role_needed", "invalid_cursor")
async def list_users() -> Response:
    """Users, the newest first; with `text`, those whose address or name begins with it."""
    await admin()
    query, found = read_query(AdminUsersQuery), services()
    items, next_cursor = await found.pool.run(user_lists.page, query.text, query.limit, query.cursor)
    return reply(AdminUserPage(tuple(admin_user(item, found.config) for item in items), next_cursor))


@blueprint.put("/users/<user_id>")
@limited(WRITES)
@logged_in
@document_request(UserChange)
@document_response(AdminUser)
@refuses("admin_role_needed", "own_account")
async def change_user(user_id: str) -> Response:
    """Give a user another role, ban them, or let them in again. It counts from their next request on."""
    who = await admin()
    change, found = await read_json(UserChange), services()
    if user_id == who.user_id and (change.banned or change.role not in (None, "admin")):
        raise Problem(409, "own_account", "Nobody takes the admin role from themselves: ask another admin.")
    changed = await found.pool.run(_change, user_id, change)
    if change.banned:
        await tell_gateways(found.nats, user_id)
    return reply(admin_user(changed, found.config))


@blueprint.get("/sessions")
@limited(READS)
@logged_in
@document_querystring(SessionsEverywhereQuery)
@document_response(SessionsEverywhere)
@refuses("admin_role_needed", "invalid_cursor")
async def list_all_sessions() -> Response:
    """Everybody's sessions that run, the newest first; with `state`, those that are in it."""
    await admin()
    query = read_query(SessionsEverywhereQuery)
    items, next_cursor = await services().pool.run(
        session_lists.page, None, query.limit, query.cursor, state=query.state, running=query.state is None
    )
    return reply(SessionsEverywhere(tuple(map(shown, items)), next_cursor))


@blueprint.post("/sessions/<session_id>/end")
@limited(WRITES)
@logged_in
@document_request(ExpectedVersion)
@document_response(SessionReply)
@refuses("admin_role_needed", *COMMANDS)
async def end_any_session(session_id: str) -> Response:
    """End anybody's session, closing an open question."""
    who, wanted, found = await admin(), await read_json(ExpectedVersion, optional=True), services()
    await found.pool.run(hosted, who, session_id)
    state = await run_command(found, "end", session_id, expected_version=wanted.expected_version)
    session = await found.pool.run(hosted, who, session_id)  # knows since when it is over
    return reply(shown(session, state))


@blueprint.get("/queues")
@limited(READS)
@logged_in
@document_response(QueueList)
@refuses("admin_role_needed")
async def list_queues() -> Response:
    """How much waits in every work queue, and since when."""
    await admin()
    return reply(QueueList(tuple(await queues.survey(services().nats))))


@blueprint.get("/dead-letters")
@limited(READS)
@logged_in
@document_querystring(DeadLettersQuery)
@document_response(DeadLetterPage)
@refuses("admin_role_needed")
async def list_dead_letters() -> Response:
    """What pools could not run, the oldest first; kept for a week."""
    await admin()
    query = read_query(DeadLettersQuery)
    letters, after = await dead_letters.page(services().nats, query.queue, query.limit, query.cursor or 0)
    return reply(DeadLetterPage(tuple(map(letter_summary, letters)), None if after is None else str(after)))


@blueprint.get("/dead-letters/<seq>")
@limited(READS)
@logged_in
@document_response(DeadLetterReply)
@refuses("admin_role_needed")
async def read_dead_letter(seq: str) -> Response:
    """One dead letter, with its headers and what it says."""
    await admin()
    with _letters():
        return reply(letter_reply(await dead_letters.show(services().nats, _number(seq))))


@blueprint.post("/dead-letters/<seq>/retry")
@limited(WRITES)
@logged_in
@document_request(Retry)
@document_response(DeadLetterSummary)
@refuses("admin_role_needed", "not_retryable")
async def retry_dead_letter(seq: str) -> Response:
    """Send it back to where it came from, with all its attempts before it."""
    await admin()
    await read_json(Retry, optional=True)
    with _letters():
        return reply(letter_summary(await dead_letters.retry(services().nats, _number(seq))))


@blueprint.delete("/dead-letters/<seq>")
@limited(WRITES)
@logged_in
@document_response(Nothing, 204)
@refuses("admin_role_needed")
async def discard_dead_letter(seq: str) -> Response:
    """Delete it for good."""
    await admin()
    with _letters():
        await dead_letters.discard(services().nats, _number(seq))
    return empty()


def _change(user_id: str, change: UserChange) -> dict[str, Any]:
    if change.role is not None:
        users.grant(user_id, change.role)
    if change.banned is not None:
        users.ban(user_id, change.banned)
    found = user_lists.get(user_id)
    if found is None:
        raise not_found("user")
    return found


def _number(seq: str) -> int:
    if not (seq.isascii() and seq.isdigit() and 0 < int(seq[:20]) < 2**63):
        raise not_found("dead letter")
    return int(seq)


@contextmanager
def _letters() -> Iterator[None]:
    """What may be wrong with a dead letter, as problems."""
    try:
        yield
    except NoSuchLetter as error:
        raise not_found("dead letter") from error
    except PublishRefused as error:
        raise Problem(
            409, "not_retryable", "It does not say where it came from, or is not taken there any more."
        ) from error
