"""What one knows of a session: every message of the WebSocket contract, folded into one value.

No I/O: give it messages in the order they came, and look at it. It says by `wants_sync` when something is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from client.board import Board
from client.messages import (
    Ack,
    Asked,
    Ended,
    Kicked,
    Place,
    Presence,
    Progress,
    Question,
    QuestionClosed,
    Result,
    ServerMessage,
    Session,
    Skip,
    Snapshot,
    State,
    Welcome,
)

__all__ = ["OwnAnswer", "View"]


@dataclass(frozen=True, slots=True)
class OwnAnswer:
    """What is known of one's own answer to a question."""

    option: str | None = None  # None: it was told only how it turned out
    correct: bool | None = None
    points: int | None = None


@dataclass
class View:
    """A session as one participant, host or screen sees it."""

    role: str | None = None
    participant_id: str | None = None
    session: Session | None = None  # as the last welcome told of it
    epoch: str | None = None
    seq: int = 0  # number of the last event
    state: str | None = None
    paused: bool = False
    locked: bool = False
    question: Asked | None = None  # that is open
    answers: dict[str, OwnAnswer] = field(default_factory=dict)  # by question id
    closed: dict[str, QuestionClosed] = field(default_factory=dict)  # by question id
    score: int | None = None
    rank: int | None = None
    board: Board | None = None
    next_at: float | None = None
    remaining_ms: int | None = None  # while paused: what is left of the question or phase
    presence: Presence | None = None
    progress: Progress | None = None
    podium: tuple[Place, ...] | None = None
    kicked: bool = False
    wants_sync: bool = False  # send `sync`: something was missed
    resumed: bool = False  # the last welcome went on where the connection before was cut

    def take(self, message: ServerMessage) -> None:
        """Fold one message in, but for boards: they go to `take_board`. Events that were there before are ignored."""
        match message:
            case Welcome():
                self.role, self.participant_id = message.role, message.participant_id
                self.session, self.resumed = message.session, message.resumed
            case Snapshot():
                self._snapshot(message)
            case Question() | QuestionClosed() | State() | Ended() | Kicked() | Skip():
                if self._advance(message.seq):
                    self._event(message)
            case Ack(status="duplicate"):
                self.note_answer(message.question_id, option=message.option)
            case Result():
                self._result(message)
            case Presence():
                self.presence = message
            case Progress():
                self.progress = message

    def take_board(self, board: Board | None) -> None:
        """The leaderboard moved on; None: something is missing."""
        if board is None:
            self.wants_sync = True
        else:
            self.board = board

    def note_answer(
        self,
        question_id: str,
        *,
        option: str | None = None,
        correct: bool | None = None,
        points: int | None = None,
    ) -> None:
        """Something became known of one's own answer; None: nothing new."""
        known = self.answers.get(question_id, OwnAnswer())
        self.answers[question_id] = OwnAnswer(
            known.option if option is None else option,
            known.correct if correct is None else correct,
            known.points if points is None else points,
        )

    def _advance(self, seq: int) -> bool:
        """Whether event `seq` is new; a gap before it wants a snapshot."""
        if seq <= self.seq:
            return False
        if seq > self.seq + 1:
            self.wants_sync = True
        self.seq = seq
        return True

    def _event(self, event: Question | QuestionClosed | State | Ended | Kicked | Skip) -> None:
        match event:
            case Question():
                self.state, self.question, self.next_at = "open", event.asked, None
            case QuestionClosed():
                self.state, self.question, self.next_at = "closed", None, event.next_at
                self.closed[event.question_id] = event
            case State():
                self.state, self.next_at = event.state, event.next_at
                self.paused, self.locked = event.paused, event.locked
                self.remaining_ms = event.remaining_ms
                if self.question is not None and event.state == "open":  # paused, or given more time
                    self.question = msgspec.structs.replace(self.question, closes_at=event.closes_at)
            case Ended():
                self.state, self.question, self.next_at = "ended", None, None
                self.paused, self.remaining_ms = False, None
                self.podium = event.podium
            case Kicked():
                self.kicked = True

    def _snapshot(self, snapshot: Snapshot) -> None:
        self.epoch, self.seq, self.state = snapshot.epoch, snapshot.seq, snapshot.state
        self.question, self.next_at = snapshot.question, snapshot.next_at
        self.paused, self.locked = snapshot.paused, snapshot.locked
        self.remaining_ms = snapshot.remaining_ms
        self.score, self.rank = snapshot.score, snapshot.rank
        for answered in snapshot.answers:
            self.note_answer(
                answered.question_id,
                option=answered.option,
                correct=answered.correct,
                points=answered.points,
            )
        self.wants_sync = False

    def _result(self, result: Result) -> None:
        self.score, self.rank = result.score, result.rank
        self.note_answer(result.question_id, correct=result.correct, points=result.points)
        if self.session is not None and self.session.pacing == "self":
            self.question = result.next
