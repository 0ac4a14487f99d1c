"""What a host does about a participant: another name, or out with them and their device."""

from __future__ import annotations

from typing import Any

from quart import Blueprint, Response
from quart_schema import document_request, document_response

from db import participants
from web.api.session_bodies import Ban, Rename, SessionReply, shown
from web.api.sessions import commands, hosted
from web.auth import caller
from web.board import rename_on_board
from web.bodies import read_json
from web.commands import run_command
from web.documents import logged_in, refuses
from web.nickname_rules import require_allowed
from web.rates import WRITES, limited
from web.replies import reply
from web.services import services
from web.session_settings import settings_of
from web.tokens import Caller

__all__ = ["blueprint"]

blueprint = Blueprint("participants", __name__, url_prefix="/sessions/<session_id>/participants")


@blueprint.post("/<participant_id>/rename")
@limited(WRITES)
@logged_in
@document_request(Rename)
@document_response(SessionReply)
@refuses(
    "forbidden",
    "kicked",
    "nickname_invalid",
    "nickname_not_allowed",
    "nickname_taken",
    "session_busy",
    "session_ended",
    "session_not_running",
)
async def rename(session_id: str, participant_id: str) -> Response:
    """Give a participant another nickname, on every board at once; by the same rules as when joining."""
    who = await caller()
    wanted = await read_json(Rename)
    found = services()
    session, nickname = await found.pool.run(_rename, who, session_id, participant_id, wanted.nickname)
    await rename_on_board(found.nats, found.pool, found.redis, session_id, participant_id, nickname)
    return reply(shown(session))


@blueprint.post("/<participant_id>/ban")
@commands(Ban)
async def ban(session_id: str, participant_id: str) -> Response:
    """Throw a participant out, and keep their device out until the session ends; with `address`, all who are new from
    their network."""
    who = await caller()
    wanted = await read_json(Ban, optional=True)
    found = services()
    session = await found.pool.run(hosted, who, session_id, participant_id)
    state = await run_command(
        found,
        "kick",
        session_id,
        expected_version=wanted.expected_version,
        participant_id=participant_id,
        ban=True,
        ban_network=wanted.address,
    )
    return reply(shown(session, state))


def _rename(who: Caller, session_id: str, participant_id: str, nickname: str) -> tuple[dict[str, Any], str]:
    """The session, and the nickname as it is shown from now on."""
    session = hosted(who, session_id, participant_id)
    require_allowed(nickname, settings_of(session).nickname_filter)
    return session, participants.rename(participant_id, nickname)["nickname"]
