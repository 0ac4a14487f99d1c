"""What a host does to the time and the door of a session: pause, resume, extend; lock, unlock."""

from __future__ import annotations

from quart import Blueprint, Response
from quart_schema import document_request, document_response

from web.api.session_bodies import ExpectedVersion, Extend, SessionReply
from web.api.sessions import command
from web.documents import logged_in, refuses
from web.problem_codes import COMMANDS
from web.rates import WRITES, limited

__all__ = ["blueprint"]

blueprint = Blueprint("pacing", __name__, url_prefix="/sessions/<session_id>")


@blueprint.post("/pause")
@limited(WRITES)
@logged_in
@document_request(ExpectedVersion)
@document_response(SessionReply)
@refuses("forbidden", *COMMANDS)
async def pause(session_id: str) -> Response:
    """Take no answers until `resume`, and keep what is left of the time; nothing happens when it is paused already."""
    return await command(session_id, "pause")


@blueprint.post("/resume")
@limited(WRITES)
@logged_in
@document_request(ExpectedVersion)
@document_response(SessionReply)
@refuses("forbidden", *COMMANDS)
async def resume(session_id: str) -> Response:
    """Go on after `pause`, with the time that was left."""
    return await command(session_id, "resume")


@blueprint.post("/extend")
@limited(WRITES)
@logged_in
@document_request(Extend)
@document_response(SessionReply)
@refuses("forbidden", "nothing_to_extend", *COMMANDS)
async def extend(session_id: str) -> Response:
    """Give the open question more time, or in timed pacing the lobby or the pause between two questions."""
    return await command(session_id, "extend", body=Extend)


@blueprint.post("/lock")
@limited(WRITES)
@logged_in
@document_request(ExpectedVersion)
@document_response(SessionReply)
@refuses("forbidden", *COMMANDS)
async def lock(session_id: str) -> Response:
    """Let nobody new in; those who are in may leave and come back."""
    return await command(session_id, "lock")


@blueprint.post("/unlock")
@limited(WRITES)
@logged_in
@document_request(ExpectedVersion)
@document_response(SessionReply)
@refuses("forbidden", *COMMANDS)
async def unlock(session_id: str) -> Response:
    """Let newcomers in again."""
    return await command(session_id, "unlock")
