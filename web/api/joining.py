"""Joining: from a quiz or a join code to a participant with a ticket."""

from __future__ import annotations

import re
from typing import Any

from quart import Blueprint, Response
from quart_schema import document_request, document_response
from redis import Redis

from bus.messages import SessionState, decode
from db import guesses, live, participants, quizzes, sessions
from db.errors import Conflict
from web.addresses import ws_url
from web.api.session_bodies import Join, Joined, settings_of
from web.auth import caller_or_guest
from web.board import take_place, tell_boards
from web.bodies import read_json
from web.clients import client_network
from web.documents import maybe_logged_in, refuses
from web.metrics import JOINS
from web.nickname_rules import require_allowed
from web.problems import Problem
from web.rates import PUBLIC, limited
from web.replies import reply
from web.services import services
from web.tickets import issue_ticket
from web.tokens import Caller

__all__ = ["blueprint"]

blueprint = Blueprint("joining", __name__)

_CODE_FILLERS = re.compile(r"[\s-]")


@blueprint.post("/users/quizzes/<quiz_id>/join")
@limited(PUBLIC)
@maybe_logged_in
@document_request(Join)
@document_response(Joined, 201)
@refuses(
    "banned",
    "join_code_needed",
    "kicked",
    "late_join_denied",
    "nickname_invalid",
    "nickname_not_allowed",
    "nickname_taken",
    "session_busy",
    "session_ended",
    "session_locked",
    "session_not_running",
)
async def join(quiz_id: str) -> Response:
    """Come into the running session of a quiz, by its id or the join code; as a user, or as a guest without a token."""
    who = await caller_or_guest()
    wanted = await read_json(Join, optional=True)
    found = services()
    participant, totals = await found.pool.run(_join, found.redis, client_network(), quiz_id, who, wanted)
    session_id, participant_id, nickname = (participant[name] for name in ("session_id", "id", "nickname"))
    await tell_boards(found.nats, session_id, participant_id, nickname, totals)
    ticket = issue_ticket(
        found.config.secret,
        session_id,
        participant_id,
        "participant",
        nickname,
        user_id=participant["user_id"],
        login_id=participant["login_id"],
    )
    JOINS.labels("guest" if participant["user_id"] is None else "user").inc()
    joined = Joined(
        session_id,
        participant_id,
        nickname,
        ticket,
        participant["resume_token"],
        ws_url(found.config, session_id),
        participant["device_token"],
    )
    return reply(joined, 201)


def _join(
    redis: Redis, network: str, quiz_id: str, who: Caller | None, wanted: Join
) -> tuple[dict[str, Any], live.Entered]:
    """The participant, and their place on the board."""
    code = _CODE_FILLERS.sub("", quiz_id)
    is_code = code.isascii() and code.isdigit()
    session = _behind_code(redis, network, code) if is_code else _running(quiz_id, who)
    if wanted.nickname is not None:
        require_allowed(wanted.nickname, settings_of(session).nickname_filter)
    participant = participants.join(
        session["id"],
        None if who is None else who.user_id,
        wanted.nickname,
        login_id=None if who is None else who.login_id,
        device_token=wanted.device_token,
        network=network,
        shut=_shut(redis, session),
    )
    return participant, take_place(redis, session["id"], participant["id"], participant["nickname"])


def _shut(redis: Redis, session: dict[str, Any]) -> Conflict | None:
    """Why nobody new gets into a session as it is just now."""
    loaded = live.load_state(redis, session["id"])
    stored = session["live"] if loaded is None else loaded[1]
    if stored is None:
        return None
    state = decode(bytes(stored), SessionState)
    if state.locked:
        return Conflict("session_locked", "the host lets nobody new in: ask them to unlock the session")
    until = state.settings.late_join_until
    closed = state.question_index + (state.state not in ("open", "closing"))
    if until is not None and state.question_index >= 0 and closed >= until:
        return Conflict("late_join_denied", "the session has gone on too far for somebody new")
    return None


def _behind_code(redis: Redis, address: str, code: str) -> dict[str, Any]:
    """The running session with this join code. Raises Problem 404, or 429 for an address with too many wrong ones."""
    wait_s, known = guesses.look(redis, address, code)
    if wait_s:
        raise Problem(
            429,
            "rate_limited",
            "Too many wrong join codes came from your network: wait, and check the code with the host.",
            retryable=True,
            headers={"Retry-After": str(wait_s)},
        )
    session = sessions.live_by_join_code(code)
    if session is None:
        guesses.miss(redis, address)
        raise Problem(404, "not_found", "No running session has this join code: check it with the host.")
    if not known:
        guesses.hit(redis, address, code)
    return session


def _running(quiz_id: str, who: Caller | None) -> dict[str, Any]:
    """The newest running session of a quiz.

    Raises Problem 404, 409 `session_ended` when its last one is over, or 403 `join_code_needed` when the id is no secret.
    """
    session = sessions.live_by_quiz(quiz_id)
    if session is None:
        if quizzes.status(quiz_id) == "ENDED":
            raise Problem(409, "session_ended", "The session of this quiz is over.")
        # A quiz that was never started is its author's alone.
        raise Problem(
            404, "not_found", "No session of this quiz is running: check the id, or wait for the host."
        )
    if quizzes.is_public(quiz_id) and not (who is not None and who.may_act_for(session["host_id"])):
        raise Problem(403, "join_code_needed", "This quiz is public: ask the host for the join code.")
    return session
