"""Lists around sessions: those somebody hosts, and who is in one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from quart import Blueprint, Response
from quart_schema import document_querystring, document_response

from bus.messages import State
from db import participants, session_lists
from web.api.session_bodies import SessionReply, shown
from web.api.sessions import hosted
from web.auth import caller
from web.bodies import read_query
from web.documents import logged_in, refuses
from web.rates import READS, limited
from web.replies import reply
from web.services import services
from web.tokens import Caller

__all__ = ["blueprint"]

blueprint = Blueprint("session_lists", __name__, url_prefix="/sessions")

Cursor = Annotated[str, Meta(max_length=200)]


class SessionsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which sessions, and which part of their list."""

    state: State | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: Cursor | None = None


class SessionPage(msgspec.Struct, frozen=True):
    """One page of a list; `next_cursor` is null on the last one."""

    items: tuple[SessionReply, ...]
    next_cursor: str | None


class ParticipantsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which part of the list."""

    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    cursor: Cursor | None = None


class ParticipantSummary(msgspec.Struct, frozen=True):
    """Somebody in a session, as its host sees them."""

    participant_id: str
    nickname: str
    joined_at: datetime
    kicked: bool
    banned: bool


class ParticipantPage(msgspec.Struct, frozen=True):
    """One page of a list; `next_cursor` is null on the last one."""

    items: tuple[ParticipantSummary, ...]
    next_cursor: str | None


@blueprint.get("")
@limited(READS)
@logged_in
@document_querystring(SessionsQuery)
@document_response(SessionPage)
@refuses("invalid_cursor")
async def list_sessions() -> Response:
    """The sessions one hosts or hosted, the newest first; with `state`, those that are in it."""
    who = await caller()
    query = read_query(SessionsQuery)
    items, next_cursor = await services().pool.run(
        session_lists.page, who.user_id, query.limit, query.cursor, state=query.state
    )
    return reply(SessionPage(tuple(map(shown, items)), next_cursor))


@blueprint.get("/<session_id>/participants")
@limited(READS)
@logged_in
@document_querystring(ParticipantsQuery)
@document_response(ParticipantPage)
@refuses("forbidden", "invalid_cursor")
async def list_participants(session_id: str) -> Response:
    """Everybody who has joined, in the order they came, for the host; those who were thrown out as well."""
    who = await caller()
    query = read_query(ParticipantsQuery)
    items, next_cursor = await services().pool.run(_participants, who, session_id, query)
    return reply(ParticipantPage(tuple(map(_summary, items)), next_cursor))


def _participants(
    who: Caller, session_id: str, query: ParticipantsQuery
) -> tuple[list[dict[str, Any]], str | None]:
    hosted(who, session_id)
    return participants.page(session_id, query.limit, query.cursor)


def _summary(participant: dict[str, Any]) -> ParticipantSummary:
    return ParticipantSummary(
        participant["id"],
        participant["nickname"],
        participant["joined_at"],
        participant["kicked"],
        participant["banned"],
    )
