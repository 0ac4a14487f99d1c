"""One participant: a `client.Conversation` that answers by itself, as planned, and keeps what it was told for the ledger.

All moments are seconds of the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from client import messages
from client.board import Board
from client.conversation import Conversation, Event
from client.messages import Asked
from scripts.simulation.board import Boards
from scripts.simulation.plan import Plan
from scripts.simulation.record import Record
from scripts.simulation.watch import BoardWatch

__all__ = ["Identity", "Participant"]

SPACING_S = 0.12
"""Even at full pace one participant sends about 8 answers a second: gateways close whoever sends more than 10."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What joining gave us."""

    number: int  # of this participant within the simulation
    participant_id: str
    nickname: str
    ticket: str
    resume_token: str


class Participant(Conversation):
    """The state machine of one participant over all its connections."""

    def __init__(
        self,
        identity: Identity,
        plan: Plan,
        boards: Boards,
        *,
        questions: int | None = None,
        on_settled: Callable[[int], None] = lambda index: None,
    ) -> None:
        super().__init__(
            identity.ticket,
            identity.resume_token,
            boards=boards,
            on_settled=lambda attempt: on_settled(attempt.question_index),
        )
        self.identity = identity
        self.record = Record(
            identity.participant_id,
            identity.nickname,
            identity.number,
            attempts=self.answers.given,
            closes=self.closes,
            violations=self.violations,
        )
        self.watch = BoardWatch(identity.participant_id, self.record.on_board_at)
        self.due: float | None = None  # when the planned answer is to be sent
        self.ready = False  # has had its first snapshot
        self.done = False  # nothing left to answer
        self._plan = plan
        self._questions = questions  # only the first so many are answered
        self._released = False
        self._epoch: str | None = None  # of the last snapshot
        self._server_offset_ms = 0.0  # server time = monotonic time + this
        self._planned: Asked | None = None
        self._answered_at = 0.0

    def release(self, now: float) -> list[bytes]:
        """Begin to answer; until then questions are only noted, so that a crowd starts together."""
        self._released = True
        return [] if self._planned is None else self._schedule(self._planned, now)

    def answer_due(self, now: float) -> list[bytes]:
        """The planned answer, when its time has come."""
        if self._planned is None or self.due is None or now < self.due:
            return []
        asked = self._planned
        self._drop_plan()
        self._answered_at = now
        option = self._plan.option(
            self.identity.number, asked.index, [option.key for option in asked.options]
        )
        return [self.answers.give(asked.question_id, asked.index, option, now)]

    # What a conversation does, counted

    def hello(self) -> bytes:
        """As for every conversation."""
        self.record.connections += 1
        return super().hello()

    def sync(self, now: float) -> list[bytes]:
        """As for every conversation."""
        frames = super().sync(now)
        self.record.syncs += len(frames)
        return frames

    def stalled(self, now: float) -> list[bytes]:
        """As for every conversation."""
        self.record.stalls += 1
        return super().stalled(now)

    def receive(self, data: bytes, now: float) -> tuple[Event | None, list[bytes]]:
        """As for every conversation, with the answer that is due."""
        self.record.frames += 1
        event, frames = super().receive(data, now)
        match event:
            case Board():
                self.watch.take(event, now)
            case messages.Question():
                frames += self._consider(event.asked, now)
            case messages.QuestionClosed():
                if self._planned is not None and self._planned.question_id == event.question_id:
                    self._drop_plan()
            case messages.Result():
                frames += self._resulted(event, now)
            case messages.Welcome():
                self._welcomed(event, now)
            case messages.Snapshot():
                frames += self._snapshot(event, now)
            case messages.Ended():
                self._end(event)
            case messages.Error():
                self.record.errors[event.code] += 1
        return event, frames

    def _welcomed(self, welcome: messages.Welcome, now: float) -> None:
        self._server_offset_ms = welcome.server_time - now * 1000
        self.record.resumed += welcome.resumed
        if welcome.participant_id != self.identity.participant_id:
            self.violations.append(f"welcomed as {welcome.participant_id}")

    def _snapshot(self, snapshot: messages.Snapshot, now: float) -> list[bytes]:
        self.record.snapshots += 1
        self.ready = True
        if self._epoch not in (None, snapshot.epoch):
            self.record.rebuilt_at = self.record.rebuilt_at or now
        self._epoch = snapshot.epoch
        if self.view.board is not None:
            self.watch.take(self.view.board, now)
        if snapshot.score is not None:
            self.record.score = snapshot.score
        if snapshot.question is not None and snapshot.state == "open":
            return self._consider(snapshot.question, now)
        self._drop_plan()
        self.done = self.done or self.self_paced
        return []

    def _resulted(self, result: messages.Result, now: float) -> list[bytes]:
        self.record.score = result.score
        attempt = self.answers.of(result.question_id)
        if attempt is not None and result.correct:
            self.watch.expect(attempt)
        if not self.self_paced:
            return []
        if result.next is None:
            self.done = True
            return []
        return self._consider(result.next, now)

    def _end(self, ended: messages.Ended) -> None:
        if self.self_paced and not self.done and self.record.attempts:
            self.record.stuck_at = str(list(self.record.attempts.values())[-1])
        self.done = True
        self._drop_plan()
        self.record.podium = [
            (place.participant_id, place.nickname, place.score, place.rank) for place in ended.podium
        ]

    # The plan

    def _consider(self, asked: Asked, now: float) -> list[bytes]:
        """A question is open to this participant: plan an answer."""
        if self.answers.of(asked.question_id) is not None:
            return []
        if self._planned is not None and self._planned.question_id == asked.question_id:
            return []
        if self._questions is not None and asked.index >= self._questions:
            self._drop_plan()
            self.done = True
            return []
        self._planned = asked
        return self._schedule(asked, now) if self._released else []

    def _schedule(self, asked: Asked, now: float) -> list[bytes]:
        server_ms = now * 1000 + self._server_offset_ms
        opens_in_s = max(0.0, ((asked.opens_at or server_ms) - server_ms) / 1000)
        limit_s = (
            None if asked.closes_at is None else max(0.0, (asked.closes_at - server_ms) / 1000 - opens_in_s)
        )
        thinking_s = self._plan.thinking(self.identity.number, asked.index, limit_s)
        self.due = max(now + opens_in_s + thinking_s, self._answered_at + SPACING_S)
        return self.answer_due(now)

    def _drop_plan(self) -> None:
        self._planned = self.due = None
