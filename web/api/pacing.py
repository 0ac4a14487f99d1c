"""What a host does to the time and the door of a session: pause, resume, extend; lock, unlock."""

from __future__ import annotations

from quart import Blueprint, Response

from web.api.session_bodies import Extend
from web.api.sessions import command, commands

__all__ = ["blueprint"]

blueprint = Blueprint("pacing", __name__, url_prefix="/sessions/<session_id>")


@blueprint.post("/pause")
@commands()
async def pause(session_id: str) -> Response:
    """Take no answers until `resume`, and keep what is left of the time; nothing happens when it is paused already."""
    return await command(session_id, "pause")


@blueprint.post("/resume")
@commands()
async def resume(session_id: str) -> Response:
    """Go on after `pause`, with the time that was left."""
    return await command(session_id, "resume")


@blueprint.post("/extend")
@commands(Extend, "nothing_to_extend")
async def extend(session_id: str) -> Response:
    """Give the open question more time, or in timed pacing the lobby or the pause between two questions."""
    return await command(session_id, "extend", body=Extend)


@blueprint.post("/lock")
@commands()
async def lock(session_id: str) -> Response:
    """Let nobody new in; those who are in may leave and come back."""
    return await command(session_id, "lock")


@blueprint.post("/unlock")
@commands()
async def unlock(session_id: str) -> Response:
    """Let newcomers in again."""
    return await command(session_id, "unlock")
