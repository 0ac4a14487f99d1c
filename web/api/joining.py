"""Joining: from a quiz or a join code to a participant with a ticket."""

from __future__ import annotations

import re
from typing import Any

from quart import Blueprint, Response
from quart_schema import document_request, document_response

from db import participants, quizzes, sessions
from web.addresses import ws_url
from web.api.session_bodies import Join, Joined
from web.auth import caller_or_guest
from web.board import put_on_board
from web.bodies import read_json
from web.documents import maybe_logged_in
from web.problems import Problem
from web.replies import reply
from web.services import services
from web.tickets import issue_ticket

__all__ = ["blueprint"]

blueprint = Blueprint("joining", __name__)

_CODE_FILLERS = re.compile(r"[\s-]")


@blueprint.post("/users/quizzes/<quiz_id>/join")
@maybe_logged_in
@document_request(Join)
@document_response(Joined, 201)
async def join(quiz_id: str) -> Response:
    """Come into the running session of a quiz, by its id or the join code; as a user, or as a guest without a token."""
    who = await caller_or_guest()
    wanted = await read_json(Join, optional=True)
    found = services()
    participant = await found.pool.run(_join, quiz_id, None if who is None else who.user_id, wanted.nickname)
    session_id, participant_id, nickname = (participant[name] for name in ("session_id", "id", "nickname"))
    await put_on_board(found.nats, found.pool, found.redis, session_id, participant_id, nickname)
    ticket = issue_ticket(found.config.secret, session_id, participant_id, "participant", nickname)
    joined = Joined(
        session_id, participant_id, nickname, ticket, participant["resume_token"], ws_url(found.config)
    )
    return reply(joined, 201)


def _join(quiz_id: str, user_id: str | None, nickname: str | None) -> dict[str, Any]:
    return participants.join(_running(quiz_id)["id"], user_id, nickname)


def _running(quiz_id: str) -> dict[str, Any]:
    """The running session behind a quiz id or a join code, digits with spaces or dashes between them.

    Raises Problem 404, or 409 `session_ended` for a quiz whose last session is over.
    """
    code = _CODE_FILLERS.sub("", quiz_id)
    if code.isascii() and code.isdigit():
        session = sessions.live_by_join_code(code)
        if session is None:
            raise Problem(404, "not_found", "No running session has this join code: check it with the host.")
        return session
    session = sessions.live_by_quiz(quiz_id)
    if session is None:
        quiz = quizzes.get(quiz_id)
        if quiz is not None and quiz["status"] == "ENDED":
            raise Problem(409, "session_ended", "The session of this quiz is over.")
        # A quiz that was never started is its author's alone.
        raise Problem(
            404, "not_found", "No session of this quiz is running: check the id, or wait for the host."
        )
    return session
