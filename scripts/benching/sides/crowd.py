"""Participants of whole sessions in one cheap process: they say hello, answer, and look at the clock."""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import Any

from scripts.benching.sides.frames import Frames
from scripts.benching.sides.people import HANDSHAKE, masked

__all__ = ["Person", "Played"]

CLOSE = 8


class Played:
    """What one session's participants saw of the question that is open. Times are monotonic seconds."""

    def __init__(self, session_id: str, port: int, people: int) -> None:
        self.session_id = session_id
        self.port = port  # of its host's gateway
        self.people = people
        self.shown = 0  # how many have the question
        self.last_shown_at = self.first_sent_at = self.last_sent_at = 0.0
        self.acks_s: list[float] = []
        self.last_ack_at = self.closed_at = 0.0
        self.results_at: list[float] = []
        self.boards_at: list[float] = []
        self.refused = 0
        self.received_bytes = 0
        self.accepted: list[tuple[str, str, str]] = []  # participant, question, option, of all questions
        self.ready, self.acked, self.finished = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._read = b""
        self._question: tuple[str, list[str]] | None = None

    def clear(self) -> None:
        """A new question."""
        self.shown = 0
        self.last_shown_at = self.first_sent_at = self.last_sent_at = self.last_ack_at = self.closed_at = 0.0
        self.refused = self.received_bytes = 0
        self.acks_s, self.results_at, self.boards_at = [], [], []
        for event in (self.ready, self.acked, self.finished):
            event.clear()

    def question(self, payload: bytes) -> tuple[str, list[str]] | None:
        """Id and keys of a question that has been opened; None when the message says that one was closed.

        It is read once for all that get the same.
        """
        if payload != self._read:
            self._read, self._question = payload, None
            message = json.loads(payload)
            if message["type"] == "question":
                self._question = message["question_id"], [option["key"] for option in message["options"]]
        return self._question

    def show(self) -> None:
        """One more has the question."""
        self.shown += 1
        self.last_shown_at = time.monotonic()
        if self.shown >= self.people:
            self.ready.set()

    @property
    def missing(self) -> int:
        """Acks, results and final boards that have not come."""
        there = min(len(self.acks_s), len(self.results_at), len(self.boards_at))
        return max(0, self.people - there)

    def look(self) -> None:
        """Somebody has got something."""
        if len(self.acks_s) >= self.people:
            self.acked.set()
            if len(self.results_at) >= self.people and len(self.boards_at) >= self.people:
                self.finished.set()


class Person(asyncio.Protocol):
    """One participant."""

    def __init__(self, session: Played, port: int, joined: dict[str, Any], *, again: bool = False) -> None:
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.connected = True
        self._session = session
        self._port = port
        self._id = joined["participant_id"]
        proof = "resume_token" if again else "ticket"  # a ticket is good for once
        self._hello = masked(json.dumps({"type": "hello", proof: joined[proof]}).encode())
        self._frames: Frames | None = None
        self._head = b""
        self.last = b""  # why it was closed
        self._sent_at = 0.0
        self._answered = "", "", ""  # participant, question, option
        self._frame = b""  # the answer that is not sent yet
        self._closed = False  # the question is over: the next board is the final one
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        more = "Sec-WebSocket-Protocol: quiz.v1\r\n"
        handshake = HANDSHAKE.format(path="/ws", port=self._port, key="AAAAAAAAAAAAAAAAAAAAAA==", more=more)
        self._transport.write(handshake.encode())

    def connection_lost(self, error: Exception | None) -> None:
        self.connected = False
        if not self.ready.done():
            self.ready.set_exception(ConnectionError(f"closed before the first snapshot: {self.last!r}"))

    def close(self) -> None:
        """Go."""
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._session.received_bytes += len(data)
        if self._frames is None:
            self._head += data
            head, found, data = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head:
                raise ConnectionError(head.decode())
            self._frames = Frames()
            self._transport.write(self._hello)
        for opcode, payload in self._frames.feed(data):
            if opcode == 1:
                self._on_text(payload)
            elif opcode == CLOSE:
                self.last = payload[2:]
                self._transport.close()

    def _on_text(self, payload: bytes) -> None:
        kind = payload[9:13]  # of {"type":"…
        session = self._session
        if kind == b'ack"':
            now = time.monotonic()
            session.acks_s.append(now - self._sent_at)
            session.last_ack_at = now
            if b'"accepted"' in payload:
                session.accepted.append(self._answered)
            else:
                session.refused += 1
            session.look()
        elif kind == b"resu":
            session.results_at.append(time.monotonic())
            session.look()
        elif kind == b"lead":
            if self._closed:
                self._closed = False
                session.boards_at.append(time.monotonic())
                session.look()
        elif kind == b"ques":
            question = session.question(payload)
            self._closed = question is None
            if question is not None:
                self._prepare(*question)
        elif kind == b"ping":
            self._transport.write(masked(payload.replace(b'"ping"', b'"pong"')))
        elif kind == b"snap" and not self.ready.done():
            self.ready.set_result(None)

    def _prepare(self, question_id: str, options: list[str]) -> None:
        option = random.choice(options)
        self._answered = self._id, question_id, option
        self._frame = masked(
            f'{{"type":"answer","id":"{question_id[:8]}","question_id":"{question_id}","option":"{option}"}}'.encode()
        )
        self._session.show()

    def answer_within(self, spread_s: float) -> None:
        """Answer the question, some time from now; whoever has none stays silent."""
        if self._frame:
            asyncio.get_running_loop().call_later(random.uniform(0, spread_s), self._answer)

    def _answer(self) -> None:
        session = self._session
        frame, self._frame = self._frame, b""
        self._sent_at = session.last_sent_at = now = time.monotonic()
        session.first_sent_at = session.first_sent_at or now
        self._transport.write(frame)
