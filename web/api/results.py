"""The leaderboard and the results of a session."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from quart import Blueprint, Response, request
from quart_schema import document_response
from redis import Redis
from werkzeug.exceptions import NotAcceptable

from bus.leaderboard import Leaderboard
from bus.messages import Quiz
from db import answers, live, participants, scoreboard, sessions
from web.api.session_bodies import SessionReply, shown
from web.auth import caller
from web.documents import logged_in
from web.problems import Problem, not_found
from web.replies import reply
from web.results import AnswerGiven, ParticipantResult, QuestionResult, results
from web.services import services
from web.spreadsheet import as_csv
from web.tokens import Caller

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

    session: SessionReply
    questions: tuple[QuestionResult, ...]
    participants: tuple[ParticipantResult, ...]


@blueprint.get("/<session_id>/leaderboard")
@document_response(LeaderboardReply)
async def leaderboard(session_id: str) -> Response:
    """The leaderboard as it stands, for whoever knows the session's id."""
    found = services()
    return reply(await found.pool.run(_leaderboard, found.redis, session_id))


@blueprint.get("/<session_id>/results")
@logged_in
@document_response(ResultsReply)
async def session_results(session_id: str) -> Response:
    """Statistics per question and everybody's answers, for the host; with `Accept: text/csv` one line per answer."""
    who = await caller()
    kind = "application/json"
    if request.headers.get("Accept"):
        kind = request.accept_mimetypes.best_match(["application/json", "text/csv"]) or ""
    if not kind:
        raise NotAcceptable
    found = services()
    quiz, everything = await found.pool.run(_results, found.redis, who, session_id)
    headers = {"Vary": "Accept"}
    if kind == "application/json":
        return reply(everything, headers=headers)
    headers["Content-Type"] = "text/csv; charset=utf-8"
    headers["Content-Disposition"] = f'attachment; filename="quizwire-{everything.session.join_code}.csv"'
    return Response(as_csv(quiz, everything.participants), 200, headers)


def _leaderboard(redis: Redis, session_id: str) -> LeaderboardReply:
    if sessions.get(session_id) is None:
        raise not_found("session")
    board = scoreboard.board(redis, session_id)
    if board is None:
        live.restore(redis, session_id)
        board = scoreboard.board(redis, session_id)
    if board is None:
        raise Problem(409, "session_busy", "The session is being rebuilt: try again.", retryable=True)
    ranked = Leaderboard.load(board.epoch, board.version, board.rows).ranked()
    entries = tuple(
        LeaderboardEntry(entry.participant_id, entry.nickname, entry.score, rank, entry.time_ms)
        for rank, entry in ranked
    )
    return LeaderboardReply(board.epoch, board.version, entries)


def _results(redis: Redis, who: Caller, session_id: str) -> tuple[Quiz, ResultsReply]:
    session = sessions.get(session_id)
    if session is None:
        raise not_found("session")
    if not who.may_act_for(session["host_id"]):
        raise Problem(403, "forbidden", "Only the host of this session sees its results.")
    quiz = msgspec.json.decode(sessions.snapshot(session_id), type=Quiz)
    nicknames = {
        participant["id"]: participant["nickname"]
        for participant in participants.all_of(session_id)
        if not participant["kicked"]
    }
    given = {
        (answer.participant_id, answer.question_id): answer
        for answer in _recorded(redis, session, quiz, nicknames)
    }
    questions, everybody = results(quiz, nicknames, given.values())
    return quiz, ResultsReply(shown(session), questions, everybody)


def _recorded(
    redis: Redis, session: dict[str, object], quiz: Quiz, participant_ids: Iterable[str]
) -> Iterable[AnswerGiven]:
    """Every recorded answer, some twice, those that count last.

    PostgreSQL is the truth, but gets it a moment after the scoreboard: what it does not have yet comes from there.
    """
    session_id = str(session["id"])
    asked = quiz.questions
    if session["pacing"] == "host":
        asked = asked[: int(str(session["question_index"])) + 1]
    everybody = list(participant_ids)
    for question in asked:
        for answer in scoreboard.answers_of_question(redis, session_id, question.id, everybody).values():
            yield AnswerGiven(
                answer.participant_id,
                answer.question_id,
                answer.option,
                answer.correct,
                answer.points,
                answer.elapsed_ms,
            )
    for row in answers.of_session(session_id):
        yield AnswerGiven(
            row.participant_id, row.question_id, row.option, row.correct, row.points, row.elapsed_ms
        )
