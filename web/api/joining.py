"""Joining: from a quiz or a join code to a participant with a ticket."""

from __future__ import annotations

from quart import Blueprint, Response
from quart_schema import document_request, document_response

from web.addresses import ws_url
from web.api.session_bodies import Join, Joined
from web.auth import caller_or_guest
from web.bodies import read_json
from web.clients import client_network
from web.documents import maybe_logged_in, refuses
from web.metrics import JOINS
from web.rates import PUBLIC, limited
from web.reception import Visitor
from web.replies import reply
from web.services import services
from web.tickets import issue_ticket

__all__ = ["blueprint"]

blueprint = Blueprint("joining", __name__)


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
    visitor = Visitor(quiz_id, who, client_network(), wanted.nickname, wanted.device_token)
    participant = await found.reception.join(visitor)
    session_id, participant_id, nickname = (participant[name] for name in ("session_id", "id", "nickname"))
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
