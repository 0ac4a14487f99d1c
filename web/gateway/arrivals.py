"""What somebody is given who comes into a room, or comes back: how everything stands, or what they missed."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from bus import pauses
from web.gateway import outgoing, views
from web.gateway.connection import Connection
from web.gateway.history import Happened

if TYPE_CHECKING:
    from web.gateway.room import Room

__all__ = ["missed", "next_view", "resume", "snapshot"]


def snapshot(room: Room, connection: Connection) -> outgoing.Snapshot:
    """All that `connection` needs to go on from here."""
    state = room.state
    participant_id = connection.participant_id
    entry = None if participant_id is None else room.board.entries.get(participant_id)
    return outgoing.Snapshot(
        seq=state.seq,
        epoch=room.board.epoch,
        state=state.state,
        version=state.version,
        question=_question_view(room, connection),
        answers=views.answers(
            connection.answers, room.hidden_question_id(), partial(room.order_for, connection)
        ),
        score=None if entry is None else entry.score,
        rank=None if entry is None else room.board.rank_of_score(entry.score),
        leaderboard=room.boards.view(),
        next_at=views.runs_out_at(state, state.next_at_ms),
        paused=state.paused_at_ms is not None,
        locked=state.locked,
        remaining_ms=pauses.remaining_ms(state),
    )


def next_view(room: Room, connection: Connection) -> outgoing.QuestionView | None:
    """Self pacing: the question to answer next, which is about to be written; None when all are answered."""
    following = room.question_of(connection)
    if following is None:
        return None
    index, question = following
    order = room.order_for(connection, question.id)
    room.note_shown(connection, question.id)
    return views.question(
        question, index, room.state.question_count, time.time_ns() // 1_000_000, None, order
    )


def missed(room: Room, epoch: str | None, seq: int | None) -> list[Happened] | None:
    """What somebody missed who has seen everything up to event `seq` of `epoch`; None when only a snapshot helps.

    In self pacing it always does: what happens there is a participant's own, and no event.
    """
    if seq is None or epoch != room.board.epoch or room.state.pacing == "self":
        return None
    return room.history.since(seq, room.state.seq, time.monotonic())


def resume(room: Room, connection: Connection, seq: int, missed: list[Happened]) -> None:
    """Write what was missed after event `seq`, in order, with the own results, and the board as it stands."""
    # It may have been cut off between the close of a question and the result.
    room.results.send_own(connection, room.history.last_closed(seq))
    for happened in missed:
        connection.write(room.frame_for(connection, happened.frames))
        room.results.send_own(connection, happened.closed_question_id)
    connection.write(room.boards.whole())


def _question_view(room: Room, connection: Connection) -> outgoing.QuestionView | None:
    state = room.state
    if state.pacing == "self":
        if state.state != "open" or connection.role != "participant":
            return None
        return next_view(room, connection)
    question = room.current_question
    if question is None or state.state not in ("open", "closing"):
        return None
    return views.question(
        question,
        state.question_index,
        state.question_count,
        state.opens_at_ms,
        views.runs_out_at(state, state.closes_at_ms),
        room.order_for(connection, question.id),
    )
