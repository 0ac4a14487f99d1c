"""One participant's side of the WebSocket contract, without any I/O: frames in, frames out.

A good client: it answers what is asked, retries what was not acknowledged with the same answer id, notices gaps and
asks for a snapshot, and keeps what it was told for the ledger. All moments are seconds of the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import uniform

import msgspec

from scripts.simulation import frames
from scripts.simulation.answers import Answers
from scripts.simulation.board import Boards
from scripts.simulation.frames import Asked
from scripts.simulation.plan import Plan
from scripts.simulation.record import Record
from scripts.simulation.watch import BoardWatch

__all__ = ["Identity", "Participant"]

SYNC_PATIENCE_S = 3.0
"""A snapshot that was asked for is asked for again after this."""

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


class Participant:
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
        self.identity = identity
        self.record = Record(identity.participant_id, identity.nickname, identity.number)
        self.answers = Answers(self.record, on_settled)
        self.watch = BoardWatch(identity.participant_id)
        self.due: float | None = None  # when the planned answer is to be sent
        self.reconnect_in_s: float | None = None  # the server asked to come back on a new connection
        self.ready = False  # has had its first snapshot
        self.done = False  # nothing left to answer
        self.ended = False
        self.last_heard = 0.0
        self._plan = plan
        self._boards = boards
        self._questions = questions  # only the first so many are answered
        self._released = False
        self._ticket: str | None = identity.ticket
        self._epoch: str | None = None
        self._seq = 0
        self._self_paced = False
        self._server_offset_ms = 0.0  # server time = monotonic time + this
        self._planned: Asked | None = None
        self._synced_at: float | None = None  # a snapshot was asked for and has not come
        self._answered_at = 0.0

    # Connecting

    def hello(self) -> bytes:
        """The first frame of a connection. The ticket serves once; from then on the resume token does."""
        self.record.connections += 1
        self._synced_at = self.reconnect_in_s = None
        if self._ticket is not None:
            ticket, self._ticket = self._ticket, None
            return frames.hello_with_ticket(ticket)
        return frames.hello_again(self.identity.resume_token, self._epoch, self._seq)

    def release(self, now: float) -> list[bytes]:
        """Begin to answer; until then questions are only noted, so that a crowd starts together."""
        self._released = True
        return [] if self._planned is None else self._schedule(self._planned, now)

    # Time

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
        return [self.answers.give(asked, option, now)]

    def overdue(self, now: float) -> list[bytes]:
        """Retries and syncs for what stayed away too long; ask about twice a second while connected."""
        out = self.answers.overdue(now)
        if self.answers.misses_results(now):
            self.record.stalls += 1
            out += self._sync(now)
        elif self._synced_at is not None and now - self._synced_at > SYNC_PATIENCE_S:
            self._synced_at = None
            out += self._sync(now)
        return out

    # Frames

    def receive(self, data: bytes, now: float) -> list[bytes]:
        """Take in one frame; the frames to send in return. A frame that breaks the contract is noted and ignored."""
        self.last_heard = now
        self.record.frames += 1
        try:
            if data.startswith(b'{"type":"leaderboard"'):  # decoded elsewhere, once for all participants
                return self._on_leaderboard(data, now)
            return self._on_frame(frames.decode(data), data, now)
        except msgspec.DecodeError as error:
            self.record.violations.append(f"{error}: {data[:300]!r}")
            return []

    def _on_frame(self, frame: frames.ServerFrame, data: bytes, now: float) -> list[bytes]:
        match frame:
            case frames.Ack():
                attempt = self.answers.acked(frame, now)
                if self._self_paced:
                    self.answers.expect_result(attempt, now)
            case frames.Result():
                return self._on_result(frame, now)
            case frames.Question():
                out = self._advance(frame.seq, now)
                return out + self._consider(msgspec.convert(msgspec.structs.asdict(frame), Asked), now)
            case frames.QuestionClosed():
                if self._planned is not None and self._planned.question_id == frame.question_id:
                    self._drop_plan()
                self.answers.closed(frame.question_id, now)
                return self._advance(frame.seq, now)
            case frames.Leaderboard():
                return self._on_leaderboard(data, now)
            case frames.Ping():
                return [frames.pong(frame.t)]
            case frames.Welcome():
                return self._on_welcome(frame, now)
            case frames.Snapshot():
                return self._on_snapshot(frame, now)
            case frames.State() | frames.Skip():
                return self._advance(frame.seq, now)
            case frames.Ended():
                self._on_ended(frame)
            case frames.Error():
                self.record.errors[frame.code] += 1
                if frame.retryable:
                    self.answers.retry(frame.re, frame.retry_after_ms or 500, now)
            case frames.Reconnect():
                self.reconnect_in_s = uniform(0, frame.after_ms / 1000)
            case frames.Kicked() | frames.Presence():
                if frame.seq is not None:
                    return self._advance(frame.seq, now)
        return []

    def _on_welcome(self, frame: frames.Welcome, now: float) -> list[bytes]:
        self._server_offset_ms = frame.server_time - now * 1000
        self._self_paced = frame.session.pacing == "self"
        if frame.participant_id != self.identity.participant_id:
            self.record.violations.append(f"welcomed as {frame.participant_id}")
        if not frame.resumed:
            return []  # a snapshot follows
        self.record.resumed += 1
        return self.answers.unsettled(now)

    def _on_snapshot(self, frame: frames.Snapshot, now: float) -> list[bytes]:
        self.record.snapshots += 1
        self.ready = True
        self._synced_at = None
        self._epoch, self._seq = frame.epoch, frame.seq
        self.watch.take(self._boards.load(bytes(frame.leaderboard)), now)
        if frame.score is not None:
            self.record.score = frame.score
        for answered in frame.answers:
            self.answers.listed(answered, now)
        out = self.answers.unsettled(now)
        asked = frame.question
        if asked is None or frame.state != "open":
            self._drop_plan()
            self.done = self.done or self._self_paced
            return out
        attempt = self.answers.of(asked.question_id)
        if attempt is None:
            return out + self._consider(asked, now)
        known = any(answered.question_id == asked.question_id for answered in frame.answers)
        if not known and self.answers.is_settled(attempt):
            out.append(
                self.answers.again(attempt, now)
            )  # the server does not show it (yet): same id, counts once
        return out

    def _on_result(self, frame: frames.Result, now: float) -> list[bytes]:
        self.record.score = frame.score
        attempt = self.answers.resulted(frame, now)
        if attempt is not None and frame.correct:
            self.watch.expect(attempt)
        if not self._self_paced:
            return []
        if frame.next is None:
            self.done = True
            return []
        return self._consider(frame.next, now)

    def _on_ended(self, frame: frames.Ended) -> None:
        if self._self_paced and not self.done and self.record.attempts:
            self.record.stuck_at = str(list(self.record.attempts.values())[-1])
        self.ended = self.done = True
        self._drop_plan()
        self.answers.expect_no_results()
        self.record.podium = [(p.participant_id, p.nickname, p.score, p.rank) for p in frame.podium]
        self._seq = max(self._seq, frame.seq)

    def _on_leaderboard(self, data: bytes, now: float) -> list[bytes]:
        board = self._boards.apply(self.watch.board, data)
        if board is None:
            return self._sync(now)
        self.watch.take(board, now)
        return []

    # Parts of the above

    def _consider(self, asked: Asked, now: float) -> list[bytes]:
        """A question is open to this participant: plan an answer, or repeat one that was refused before."""
        attempt = self.answers.of(asked.question_id)
        if attempt is not None:
            refused = self.answers.is_settled(attempt) and attempt.recorded is None
            return [self.answers.again(attempt, now)] if refused else []
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

    def _advance(self, seq: int, now: float) -> list[bytes]:
        """Note an event's number; a gap asks for a snapshot."""
        gap = seq > self._seq + 1
        self._seq = max(self._seq, seq)
        return self._sync(now) if gap else []

    def _sync(self, now: float) -> list[bytes]:
        if self._synced_at is not None:
            return []
        self._synced_at = now
        self.record.syncs += 1
        return [frames.sync]
