"""The leaderboard and the results of a session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import IO, ClassVar, Literal

import msgspec
from quart import Blueprint, Response, request
from quart_schema import document_querystring, document_response
from redis import Redis

from bus.messages import Quiz, SessionState, decode
from bus.order import arranged
from db import live, sessions
from db.reading import one_moment
from web.api.session_bodies import SessionReply, shown
from web.auth import caller
from web.bodies import read_query
from web.documents import logged_in, refuses
from web.exporting.downloads import attachment, download, require_room, written
from web.exporting.results import write_csv, write_json, write_xlsx
from web.exporting.workbooks import XLSX
from web.problems import Problem, not_found
from web.rates import COSTLY, PUBLIC, limited
from web.replies import reply
from web.results import ParticipantResult, QuestionResult
from web.services import services
from web.session_results import SessionResults, read_results
from web.standings import standings
from web.tokens import Caller
from web.turns import turn

__all__ = ["blueprint"]

blueprint = Blueprint("results", __name__, url_prefix="/sessions")


class LeaderboardEntry(msgspec.Struct, frozen=True):
    """One participant. Equal scores share a rank: 1-2-2-4."""

    participant_id: str
    nickname: str
    score: int
    rank: int
    time_ms: int  # of the correct answers


class LeaderboardReply(msgspec.Struct, frozen=True):
    """Everybody, best first. `version` rises with each change, `epoch` changes when the board was rebuilt."""

    epoch: str
    version: int
    entries: tuple[LeaderboardEntry, ...]


class ResultsReply(msgspec.Struct, frozen=True):
    """Everything that came out of a session."""

    also: ClassVar[tuple[str, ...]] = ("text/csv", XLSX)

    session: SessionReply
    questions: tuple[QuestionResult, ...]
    participants: tuple[ParticipantResult, ...]


Kind = Literal["json", "csv", "xlsx"]


class ResultsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In which form."""

    format: Kind | None = None


_TYPES: dict[Kind, str] = {"json": "application/json", "csv": "text/csv; charset=utf-8", "xlsx": XLSX}
_WRITERS: dict[Kind, Callable[[SessionResults, IO[bytes]], None]] = {
    "json": lambda results, file: write_json(shown(results.session), results, file),
    "csv": write_csv,
    "xlsx": write_xlsx,
}


@blueprint.get("/<session_id>/leaderboard")
@limited(PUBLIC)
@document_response(LeaderboardReply)
@refuses("session_busy", "session_not_running")
async def leaderboard(session_id: str) -> Response:
    """The leaderboard as it stands, for whoever knows the session's id."""
    found = services()
    return reply(await found.pool.run(_leaderboard, found.redis, session_id))


@blueprint.get("/<session_id>/results")
@limited(COSTLY)
@logged_in
@document_querystring(ResultsQuery)
@document_response(ResultsReply)
@refuses("forbidden", "not_acceptable", "session_busy", "session_not_running")
async def session_results(session_id: str) -> Response:
    """Statistics per question and everybody's answers, for the host: as JSON, as CSV with one line per answer, or as
    a workbook with both. `format` decides, else `Accept`."""
    who = await caller()
    kind = read_query(ResultsQuery).format or _acceptable()
    found = services()
    async with turn():
        require_room(who.user_id)
        file, join_code = await found.pool.run(_results, found.redis, who, session_id, kind)
    headers = {"Vary": "Accept", "Content-Type": _TYPES[kind]}
    if kind != "json":
        headers["Content-Disposition"] = attachment(f"quizwire-{join_code}", kind)
    return download(file, headers, who.user_id)


def _leaderboard(redis: Redis, session_id: str) -> LeaderboardReply:
    if sessions.get(session_id) is None:
        raise not_found("session")
    loaded = live.restore(redis, session_id)
    state = decode(loaded.state, SessionState)
    quiz = arranged(msgspec.json.decode(loaded.quiz, type=Quiz), state.settings)
    board = standings(redis, session_id, state, quiz)
    if board is None:
        raise Problem(409, "session_busy", "The session is being rebuilt: try again.", retryable=True)
    entries = tuple(
        LeaderboardEntry(entry.participant_id, entry.nickname, entry.score, rank, entry.time_ms)
        for rank, entry in board.ranked()
    )
    return LeaderboardReply(board.epoch, board.version, entries)


def _acceptable() -> Kind:
    """What the client likes best of what there is. Raises Problem 406."""
    if not request.headers.get("Accept"):
        return "json"
    mimetypes: dict[str, Kind] = {_TYPES[kind].partition(";")[0]: kind for kind in _TYPES}
    best = request.accept_mimetypes.best_match(list(mimetypes))
    if best is None:
        raise Problem(406, "not_acceptable", f"Ask for one of {', '.join(mimetypes)}.")
    return mimetypes[best]


def _results(redis: Redis, who: Caller, session_id: str, kind: Kind) -> tuple[IO[bytes], str]:
    """The results in a temporary file, all as of one moment, and the session's join code."""
    with one_moment():
        session = sessions.get(session_id)
        if session is None:
            raise not_found("session")
        if not who.may_act_for(session["host_id"]):
            raise Problem(403, "forbidden", "Only the host of this session sees its results.")
        found = read_results(redis, session)
        return written(partial(_WRITERS[kind], found)), session["join_code"]
