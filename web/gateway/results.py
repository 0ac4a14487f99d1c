"""What became of answers: outcomes as the scoring pool tells them, and the results that participants get of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from bus.messages import Outcome
from bus.telemetry import traces
from web.gateway import arrivals, outgoing
from web.gateway.connection import Connection, OwnAnswer
from web.gateway.sink import frame

if TYPE_CHECKING:
    from web.gateway.room import Room

__all__ = ["Results"]


class Results:
    """One room's."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def send_known(self, question_id: str) -> None:
        """Host pacing, at the close: tell everybody whose outcome this node has heard, with what is written next."""
        for connection in self._room.participants.values():
            answer = connection.answers.get(question_id)
            if answer is not None and answer.recorded and not answer.told:
                connection.hold(self._frame(connection, question_id, answer))

    def untold(self, question_id: str) -> list[str]:
        """The participants here who have not been told the outcome of an answer to this question; maybe they gave none."""
        return [
            participant_id
            for participant_id, connection in self._room.participants.items()
            if (answer := connection.answers.get(question_id)) is None or not answer.told
        ]

    def send_all(self, question_id: str, recorded: dict[str, OwnAnswer]) -> None:
        """Host pacing, after the close: tell those whose answers were read what they were worth."""
        for participant_id, answer in recorded.items():
            connection = self._room.participants.get(participant_id)
            if connection is None:
                continue
            known = connection.answers.get(question_id)
            if known is None or not known.told or known.answer_id != answer.answer_id:
                if known is not None:
                    answer.traceparent = known.traceparent
                connection.answers[question_id] = answer
                self.send(connection, question_id, answer)

    def send(self, connection: Connection, question_id: str, answer: OwnAnswer) -> None:
        """Tell one participant's outcome."""
        connection.write(self._frame(connection, question_id, answer))

    def _frame(self, connection: Connection, question_id: str, answer: OwnAnswer) -> bytes:
        """One participant's outcome, about to be told; in self pacing with what was right, why, and the next question."""
        answer.told = True
        entry = self._room.board.entries.get(connection.participant_id or "")
        score = 0 if entry is None else entry.score
        result = outgoing.Result(
            question_id=question_id,
            correct=bool(answer.correct),
            points=answer.points,
            score=score,
            rank=None if entry is None else self._room.board.rank_of_score(score),
            latency_ms=answer.latency_ms if self._room.state.settings.latency_allowance_ms else msgspec.UNSET,
        )
        if self._room.state.pacing == "self":
            asked = self._room.question_by_id[question_id]
            result = msgspec.structs.replace(
                result,
                correct_option=self._room.shown_key(connection, question_id, asked.correct),
                explanation=asked.explanation,
                next=arrivals.next_view(self._room, connection) if self._room.state.state == "open" else None,
            )
        traces.note("result", answer.traceparent)
        answer.traceparent = None
        return frame(outgoing.encode(result))

    def send_own(self, connection: Connection, question_id: str | None) -> None:
        answer = None if question_id is None else connection.answers.get(question_id)
        if question_id is not None and answer is not None and answer.recorded:
            self.send(connection, question_id, answer)

    def settle(self, outcome: Outcome) -> float | None:
        """What is recorded for an answer given here: correct a refused duplicate, tell the result when it may be told.

        Returns when the answer was given (monotonic), the first time that its outcome is known.
        """
        if outcome.epoch == self._room.board.epoch:
            self._room.put(outcome.participant_id, None, outcome.score, outcome.time_ms, outcome.version)
        connection = self._room.participants.get(outcome.participant_id)
        if connection is None:
            return None
        known = connection.answers.get(outcome.question_id)
        told = known is not None and known.told and known.answer_id == outcome.recorded_id
        if outcome.recorded_id != outcome.answer_id:
            ack = outgoing.Ack(
                re=outcome.answer_id,
                question_id=outcome.question_id,
                status="duplicate",
                option=self._room.shown_key(connection, outcome.question_id, outcome.option),
            )
            connection.send(ack)
        elif known is None or not known.stored:
            connection.send(
                outgoing.Ack(re=outcome.answer_id, question_id=outcome.question_id, status="accepted")
            )
        recorded = OwnAnswer(
            answer_id=outcome.recorded_id,
            option=outcome.option,
            stored=True,
            correct=outcome.correct,
            points=outcome.points,
            latency_ms=outcome.latency_ms,
            told=told,
            traceparent=None if known is None else known.traceparent,
        )
        traces.note("outcome", recorded.traceparent)
        connection.answers[outcome.question_id] = recorded
        if not told and self._may_tell(outcome.question_id):
            self.send(connection, outcome.question_id, recorded)
        return None if known is None else known.given_at

    def _may_tell(self, question_id: str) -> bool:
        return self._room.state.pacing == "self" or question_id != self._room.hidden_question_id()
