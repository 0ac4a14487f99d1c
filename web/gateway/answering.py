"""Whether an answer is accepted: phase, deadline and option by this node's own clocks."""

from __future__ import annotations

import time
from dataclasses import dataclass

from bus.messages import Question, Submission
from bus.order import authored_key
from db.answer_limits import MAX_ELAPSED_MS
from web.gateway.connection import Connection, OwnAnswer
from web.gateway.errors import BadFrame
from web.gateway.incoming import Answer
from web.gateway.outgoing import Ack, AckStatus
from web.gateway.room import Room

__all__ = ["Accepted", "Waiting", "consider", "learn", "stored"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """Good so far: store the submission, then acknowledge."""

    submission: Submission


@dataclass(frozen=True, slots=True)
class Waiting:
    """The same answer is being stored already: its acknowledgement is on the way."""


def consider(room: Room, connection: Connection, answer: Answer, node_id: str) -> Accepted | Waiting | Ack:
    """Judge one answer of a participant at this moment.

    Raises BadFrame for an option the question does not have, and for a connection that may not answer.
    """
    if connection.participant_id is None:
        raise BadFrame("not_a_participant", "Only participants answer: join the session first.", answer.id)
    now = time.monotonic()  # when it was received: nothing was waited for since
    question = room.question_by_id.get(answer.question_id)
    if question is None:
        return _ack(answer, "unknown_question")
    known = connection.answers.get(question.id)
    if known is not None:
        return _again(room, connection, known, answer)
    refused = _refused(room, connection, question, now)
    if refused is not None:
        return _ack(answer, refused)
    if all(option.key != answer.option for option in question.options):
        keys = ", ".join(option.key for option in question.options)
        raise BadFrame("invalid_option", f"Choose one of this question's options: {keys}.", answer.id)
    shown_at = room.shown_to(connection.participant_id, question.id)
    elapsed_ms = max(0, int((room.stopwatch.read(now) - shown_at) * 1000))
    latency_ms = min(
        connection.round_trips.allowance_ms(room.state.settings.latency_allowance_ms), elapsed_ms
    )
    option = authored_key(room.order_for(connection, question.id), answer.option)
    connection.answers[question.id] = OwnAnswer(answer.id, option, given_at=now)
    return Accepted(
        Submission(
            session_id=room.session_id,
            participant_id=connection.participant_id,
            question_id=question.id,
            answer_id=answer.id,
            option=option,
            received_at_ms=_now_ms(),
            elapsed_ms=min(MAX_ELAPSED_MS, elapsed_ms - latency_ms),
            node_id=node_id,
            latency_ms=latency_ms,
        )
    )


def stored(connection: Connection, submission: Submission) -> None:
    """JetStream has the submission: acknowledge it, unless its outcome was faster."""
    own = connection.answers.get(submission.question_id)
    if own is not None and own.answer_id == submission.answer_id and not own.stored:
        own.stored = True
        connection.send(Ack(re=submission.answer_id, question_id=submission.question_id, status="accepted"))


def learn(connection: Connection, recorded: dict[str, OwnAnswer]) -> None:
    """Take over what is recorded of a participant's answers; one that still waits to be acknowledged is, for it is stored."""
    for question_id, answer in recorded.items():
        known = connection.answers.get(question_id)
        if known is not None and not known.stored and known.answer_id == answer.answer_id:
            connection.send(Ack(re=answer.answer_id, question_id=question_id, status="accepted"))
    connection.answers |= recorded


def _again(room: Room, connection: Connection, known: OwnAnswer, answer: Answer) -> Waiting | Ack:
    """The question was answered before: the same answer is confirmed, another one is a duplicate."""
    if known.answer_id != answer.id:
        option = room.shown_key(connection, answer.question_id, known.option)
        return Ack(re=answer.id, question_id=answer.question_id, status="duplicate", option=option)
    return _ack(answer, "accepted") if known.stored else Waiting()


def _refused(room: Room, connection: Connection, question: Question, now: float) -> AckStatus | None:
    state = room.state
    if state.state != "open" or state.paused_at_ms is not None:
        return "closed"
    if state.pacing == "self":
        following = room.question_of(connection)
        return None if following is not None and following[1].id == question.id else "closed"
    if room.current_question is None or room.current_question.id != question.id:
        return "closed"
    if room.is_late(now):
        return "late"
    return None


def _ack(answer: Answer, status: AckStatus) -> Ack:
    return Ack(re=answer.id, question_id=answer.question_id, status=status)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
