"""One participant's, host's or screen's side of the WebSocket contract over all its connections. No I/O: frames in, frames out.

It says hello, and hello again from where it was; keeps a `View`; notices gaps and asks for a snapshot; sends answers
again, with the same id, until the server has said what became of them. All moments are seconds of the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from client import messages
from client.answers import Answers, Attempt
from client.board import Board, Boards
from client.messages import (
    Ack,
    Asked,
    Ended,
    Error,
    Leaderboard,
    Ping,
    Question,
    QuestionClosed,
    Reconnect,
    Result,
    ServerMessage,
    Snapshot,
    State,
    Welcome,
)
from client.view import View

__all__ = ["Conversation", "Event"]

Event = ServerMessage | Board
"""What happens: a message; for a `leaderboard`, the board as it is now."""

SYNC_PATIENCE_S = 3.0
"""A snapshot that was asked for is asked for again after this."""

SILENT_HEARTBEATS = 2.5
"""A server that sent nothing for so many of its heartbeats is taken for dead."""


class Conversation:
    """Begins with a ticket. With a resume token it goes on by itself; without one every connection needs a new ticket."""

    def __init__(
        self,
        ticket: str | None = None,
        resume_token: str | None = None,
        *,
        boards: Boards | None = None,
        on_settled: Callable[[Attempt], None] = lambda attempt: None,
    ) -> None:
        self.ticket = ticket  # None: used
        self.view = View()
        self.violations: list[str] = []  # where the server broke the contract, in words
        self.answers = Answers(self.violations, on_settled)
        self.closes: list[int | None] = []  # codes of the connections so far; None: the network was lost
        self.reconnect_in_s: float | None = None  # the server asked to come back after this
        self.welcomed = False  # on this connection
        self.ended = False
        self.last_heard = 0.0
        self.silence_s = SILENT_HEARTBEATS * 10
        self._resume_token = resume_token
        self._boards = boards or Boards()
        self._synced_at: float | None = None  # a snapshot was asked for and has not come

    # Connecting

    @property
    def needs_ticket(self) -> bool:
        """True when the next hello cannot be said without a new `ticket`."""
        return self.ticket is None and self._resume_token is None

    @property
    def self_paced(self) -> bool:
        """Whether everybody goes from question to question alone."""
        return self.view.session is not None and self.view.session.pacing == "self"

    def hello(self) -> bytes:
        """The first frame of a connection. A ticket serves once; from then on the resume token does."""
        self._synced_at = self.reconnect_in_s = None
        self.welcomed = False
        if self.ticket is not None:
            ticket, self.ticket = self.ticket, None
            return messages.hello_with_ticket(ticket)
        if self._resume_token is None:
            raise ValueError("there is neither a ticket nor a resume token")
        return messages.hello_again(self._resume_token, self.view.epoch, self.view.seq)

    def lost(self, code: int | None) -> None:
        """A connection is over: its close code, or None when the network was lost."""
        self.closes.append(code)

    # Saying

    def answer(self, question_id: str, option: str, now: float) -> bytes:
        """An answer to the question that is open. Raises ValueError when that is another one, or was answered."""
        asked = self.view.question
        if asked is None or asked.question_id != question_id:
            raise ValueError("this question is not open")
        if self.answers.of(question_id) is not None:
            raise ValueError("this question was answered already")
        return self.answers.give(question_id, asked.index, option, now)

    def overdue(self, now: float) -> list[bytes]:
        """Retries and syncs for what stayed away too long; ask about twice a second while connected."""
        out = self.answers.overdue(now) if self.welcomed else []
        if self.answers.misses_results(now):
            out += self.stalled(now)
        elif self._synced_at is not None and now - self._synced_at > SYNC_PATIENCE_S:
            self._synced_at = None
            out += self.sync(now)
        return out

    def stalled(self, now: float) -> list[bytes]:
        """A result that is due stayed away: ask how things stand."""
        return self.sync(now)

    def sync(self, now: float) -> list[bytes]:
        """Ask for a snapshot, unless one is on its way."""
        if self._synced_at is not None:
            return []
        self._synced_at = now
        return [messages.sync]

    def is_dead(self, now: float) -> bool:
        """Whether the server has been silent for so long that the connection is of no use any more."""
        return now - self.last_heard > self.silence_s

    # Hearing

    def receive(self, data: bytes, now: float) -> tuple[Event | None, list[bytes]]:
        """Take in one frame: what happened, and the frames to send in return.

        A frame that breaks the contract is noted in `violations` and ignored.
        """
        self.last_heard = now
        try:
            if data.startswith(b'{"type":"leaderboard"'):
                return self._on_leaderboard(data, now)
            message = messages.decode(data)
            if isinstance(message, Leaderboard):
                return self._on_leaderboard(data, now)
            return message, self._on_message(message, now)
        except msgspec.DecodeError as error:
            self.violations.append(f"{error}: {data[:300]!r}")
            return None, []

    def _on_message(self, message: ServerMessage, now: float) -> list[bytes]:
        if isinstance(message, Ping):
            return [messages.pong(message.t)]
        board = self._boards.load(bytes(message.leaderboard)) if isinstance(message, Snapshot) else None
        self.view.take(message)
        out: list[bytes] = []
        match message:
            case Welcome():
                self.welcomed = True
                self.silence_s = SILENT_HEARTBEATS * message.heartbeat_ms / 1000
                if message.resumed:  # otherwise a snapshot follows
                    out += self.answers.unsettled(now)
            case Snapshot():
                self._synced_at = None
                self.view.take_board(board)
                out += self._on_snapshot(message, now)
            case Ack():
                self._on_ack(message, now)
            case Result():
                self._on_result(message, now)
                out += self._asked_again(message.next, now)
            case Question():
                out += self._asked_again(message.asked, now)
            case State(state="open", paused=False):  # it may have been refused during a pause
                out += self._asked_again(self.view.question, now)
            case QuestionClosed():
                self.answers.closed(message.question_id, now)
            case Ended():
                self.ended = True
                self.answers.expect_no_results()
            case Error():
                self._on_error(message, now)
            case Reconnect():
                self.reconnect_in_s = message.after_ms / 1000
        return out + (self.sync(now) if self.view.wants_sync else [])

    def _on_leaderboard(self, data: bytes, now: float) -> tuple[Event | None, list[bytes]]:
        board = self._boards.apply(self.view.board, data)
        self.view.take_board(board)
        return board, self.sync(now) if board is None else []

    def _on_snapshot(self, snapshot: Snapshot, now: float) -> list[bytes]:
        for answered in snapshot.answers:
            self.answers.listed(answered, now)
        out = self.answers.unsettled(now)
        asked = snapshot.question if snapshot.state == "open" else None
        attempt = None if asked is None else self.answers.of(asked.question_id)
        listed = {answered.question_id for answered in snapshot.answers}
        if attempt is not None and attempt.recorded is not None and attempt.question_id not in listed:
            out.append(self.answers.again(attempt, now))  # not known there (yet): same id, counts once
        return out + self._asked_again(asked, now)

    def _asked_again(self, asked: Asked | None, now: float) -> list[bytes]:
        """A question is open whose answer was refused because it was not: give the same answer again."""
        attempt = None if asked is None else self.answers.of(asked.question_id)
        return (
            [self.answers.again(attempt, now)] if attempt is not None and attempt.status == "closed" else []
        )

    def _on_ack(self, ack: Ack, now: float) -> None:
        attempt = self.answers.acked(ack, now)
        if attempt is None or attempt.recorded is None:
            return
        self.view.note_answer(attempt.question_id, option=attempt.recorded)
        if self.self_paced or attempt.question_id in self.view.closed:
            self.answers.expect_result(attempt, now)

    def _on_result(self, result: Result, now: float) -> None:
        attempt = self.answers.resulted(result, now)
        if attempt is not None:
            self.view.note_answer(attempt.question_id, option=attempt.recorded)

    def _on_error(self, error: Error, now: float) -> None:
        if error.retryable and error.re is not None:
            self.answers.retry(error.re, error.retry_after_ms or 500, now)
        elif error.re is not None:
            self.answers.refused(error.re, error.code, now)
        elif error.retry_after_ms is not None:
            self.reconnect_in_s = error.retry_after_ms / 1000
