"""Sessions: start one, move it on, throw somebody out, get a ticket to watch it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Any, TypeVar

import msgspec
from quart import Blueprint, Response
from quart_schema import document_headers, document_request, document_response

from bus.messages import CommandKind, Settings, Timing, encode
from bus.scoring import rule_of
from db import participants, quizzes, sessions
from web.addresses import join_url, media_base, ws_url
from web.api.quizzes import own_quiz
from web.api.session_bodies import (
    ExpectedVersion,
    SessionReply,
    Start,
    TicketReply,
    TicketWanted,
    TimingWanted,
    late_join_until,
    shown,
)
from web.auth import as_caller, author, bearer, caller
from web.bodies import read_json
from web.commands import run_command
from web.config import Config
from web.documents import logged_in, refuses
from web.idempotency import IdempotencyHeaders, id_to_make
from web.problem_codes import COMMANDS
from web.problems import Problem, invalid, not_found
from web.qr import qr_svg
from web.rates import PUBLIC, WRITES, limited
from web.replies import MadeHeaders, Svg, reply
from web.services import services
from web.tickets import TICKET_TTL_S, issue_ticket
from web.tokens import Caller

__all__ = ["blueprint", "command", "commands", "hosted"]

blueprint = Blueprint("sessions", __name__)

_F = TypeVar("_F", bound=Callable[..., Awaitable[Response]])

QR_HEADERS = {
    "Content-Type": "image/svg+xml",
    "Cache-Control": "public, max-age=60",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


def commands(body: type[ExpectedVersion] = ExpectedVersion, *codes: str) -> Callable[[_F], _F]:
    """A route that has a host's command carried out; `codes` are what it refuses beyond what all commands do."""

    def mark(route: _F) -> _F:
        refusing = refuses("forbidden", *codes, *COMMANDS)(route)
        documented = document_request(body)(document_response(SessionReply)(refusing))
        return limited(WRITES)(logged_in(documented))

    return mark


@blueprint.post("/quizzes/<quiz_id>/start")
@limited(WRITES)
@logged_in
@document_headers(IdempotencyHeaders)
@document_request(Start)
@document_response(SessionReply, 201, MadeHeaders)
@refuses("forbidden", "host_role_needed", "join_code_exhausted", "quiz_empty", *COMMANDS)
async def start(quiz_id: str) -> Response:
    """Start a session of one's own quiz, from a copy of it: later changes of the quiz do not touch the session."""
    who = await author()
    found = services()
    async with id_to_make(who) as session_id:
        wanted = await read_json(Start, optional=True)
        if wanted.timing is not None and wanted.pacing != "timed":
            raise invalid("timing", "only timed pacing has a timing: leave it out, or set pacing to timed")
        if wanted.question_order == "participant" and wanted.pacing != "self":
            raise invalid(
                "question_order", "only in self pacing can everybody have an order of questions of their own"
            )
        if wanted.pacing == "self" and wanted.late_join != "allow":
            raise invalid(
                "late_join", "everybody is at their own question in self pacing: lock the session instead"
            )
        if wanted.pacing == "self" and wanted.early_close:
            raise invalid("early_close", "no question is open to all in self pacing: leave it out")
        session = await found.pool.run(_create, who, quiz_id, wanted, found.config, session_id)
        state = await run_command(found, "start", session_id)
    return reply(shown(session, state), 201, {"Location": f"/sessions/{session['id']}"})


@blueprint.get("/sessions/<session_id>")
@limited(PUBLIC)
@document_response(SessionReply)
async def read_session(session_id: str) -> Response:
    """A session as it stands, for whoever knows its id."""
    return reply(shown(await services().pool.run(_session, session_id)))


@blueprint.get("/sessions/<session_id>/qr.svg")
@limited(PUBLIC)
@document_response(Svg)
@refuses("session_ended")
async def qr_code(session_id: str) -> Response:
    """The join link as a QR code, to be shown on a wall."""
    found = services()
    session = await found.pool.run(_session, session_id)
    if session["ended_at"] is not None:
        raise Problem(409, "session_ended", "This session is over: its join code leads nowhere.")
    return Response(qr_svg(join_url(found.config, session["join_code"])), 200, QR_HEADERS)


@blueprint.post("/sessions/<session_id>/next")
@commands()
async def next_question(session_id: str) -> Response:
    """Open the first or the next question, closing an open one; after the last, end the session."""
    return await command(session_id, "next")


@blueprint.post("/sessions/<session_id>/close")
@commands()
async def close_question(session_id: str) -> Response:
    """Close the open question and show its outcome."""
    return await command(session_id, "close")


@blueprint.post("/sessions/<session_id>/end")
@commands()
async def end_session(session_id: str) -> Response:
    """End the session, closing an open question."""
    return await command(session_id, "end")


@blueprint.post("/sessions/<session_id>/participants/<participant_id>/kick")
@commands()
async def kick(session_id: str, participant_id: str) -> Response:
    """Throw a participant out, for good."""
    return await command(session_id, "kick", participant_id=participant_id)


@blueprint.post("/sessions/<session_id>/tickets")
@limited(WRITES)
@logged_in
@document_request(TicketWanted)
@document_response(TicketReply, 201)
@refuses("forbidden")
async def tickets(session_id: str) -> Response:
    """Get a WebSocket ticket, to watch the session as its host or on a screen."""
    who = await caller()
    wanted = await read_json(TicketWanted, optional=True)
    found = services()
    await found.pool.run(hosted, who, session_id)
    ticket = issue_ticket(
        found.config.secret,
        session_id,
        None,
        wanted.role,
        None,
        user_id=who.user_id,
        login_id=who.login_id,
    )
    return reply(TicketReply(ticket, ws_url(found.config, session_id), TICKET_TTL_S), 201)


async def command(
    session_id: str,
    kind: CommandKind,
    *,
    body: type[ExpectedVersion] = ExpectedVersion,
    participant_id: str | None = None,
) -> Response:
    """Have the host's command carried out, with the fields of its body, and reply with the session."""
    said = bearer()
    wanted = await read_json(body, optional=True)
    session = await as_caller(said, hosted, session_id, participant_id)
    found = services()
    state = await run_command(
        found, kind, session_id, participant_id=participant_id, **msgspec.structs.asdict(wanted)
    )
    if state.state == "ended":
        session = await found.pool.run(_session, session_id)  # knows since when
    return reply(shown(session, state))


def _create(who: Caller, quiz_id: str, wanted: Start, config: Config, session_id: str) -> dict[str, Any]:
    """The session, unless an earlier request with the same Idempotency-Key has made it."""
    if session := sessions.get(session_id):
        return session
    own_quiz(who, quiz_id)
    snapshot = quizzes.snapshot(quiz_id, media_base(config))
    return sessions.create(
        quiz_id,
        who.user_id,
        snapshot,
        wanted.pacing,
        rule_of(wanted.scoring, streak=wanted.streak_bonus, penalty_percent=wanted.penalty_percent),
        session_id=session_id,
        timing=_timing(wanted),
        settings=encode(_settings(wanted)),
        join_code_digits=config.join_code_digits,
    )


def _timing(wanted: Start) -> bytes | None:
    """What is kept of the timing wanted: all of it, so that later defaults change nothing."""
    if wanted.pacing != "timed":
        return None
    return encode(Timing(**msgspec.structs.asdict(wanted.timing or TimingWanted())))


def _settings(wanted: Start) -> Settings:
    """What is kept of how the session is to be run: all of it, so that later defaults change nothing."""
    shuffles = (wanted.question_order, wanted.option_order) != ("authored", "authored")
    return Settings(
        nickname_filter=wanted.nickname_filter,
        question_order=wanted.question_order,
        option_order=wanted.option_order,
        order_seed=token_hex(16) if shuffles else "",
        latency_allowance_ms=wanted.latency_allowance_ms,
        late_join_until=late_join_until(wanted.late_join),
        early_close=wanted.pacing == "timed" if wanted.early_close is None else wanted.early_close,
    )


def _session(session_id: str) -> dict[str, Any]:
    session = sessions.get(session_id)
    if session is None:
        raise not_found("session")
    return session


def hosted(who: Caller, session_id: str, participant_id: str | None = None) -> dict[str, Any]:
    """The session, if the caller runs it and the participant, when one is named, is in it.

    Raises Problem 404, or 403 for a session that somebody else runs.
    """
    session = _session(session_id)
    if not who.may_act_for(session["host_id"]):
        raise Problem(403, "forbidden", "Only the host of this session can do this.")
    if participant_id is not None:
        participant = participants.get(participant_id)
        if participant is None or participant["session_id"] != session_id:
            raise not_found("participant")
    return session
