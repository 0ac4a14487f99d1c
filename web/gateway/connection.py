"""One WebSocket in a room."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import getrandbits
from typing import Any, Literal

from web.gateway import outgoing
from web.gateway.errors import Close
from web.gateway.latency import RoundTrips
from web.gateway.meter import Meter
from web.gateway.sink import Sink, frame
from web.metrics import WIRE

__all__ = ["Connection", "Newcomer", "OwnAnswer"]

LAG_BYTES = 16 * 1024
"""A peer with more than this unread gets no leaderboards and numbers until it has caught up."""

Role = Literal["participant", "host", "screen"]


@dataclass(slots=True)
class OwnAnswer:
    """What a connection knows of its participant's answer to one question."""

    answer_id: str
    option: str  # the author's key
    stored: bool = False  # JetStream has it: acknowledged
    correct: bool | None = None  # None until it is recorded
    points: int = 0
    finished_at_ms: int = 0
    latency_ms: int = 0  # what was allowed for the network
    told: bool = False  # the participant has the result
    traceparent: str | None = None  # while it is traced
    given_at: float | None = None  # monotonic, when it came in on this connection

    @property
    def recorded(self) -> bool:
        """True once the scoring pool has told the outcome."""
        return self.correct is not None


@dataclass(slots=True, eq=False)
class Newcomer:
    """A socket that was accepted: where to write, and how to close it."""

    sink: Sink
    task: asyncio.Task[Any]
    close: tuple[Close, str] | None = field(default=None, kw_only=True)

    def end(self, code: Close, reason: str) -> None:
        """Have the connection's own task close it with `code`; the first call counts."""
        if self.close is None:
            self.close = (code, reason)
            self.task.cancel()


@dataclass(slots=True, eq=False)
class Connection(Newcomer):
    """A socket that has said hello: who it is, and what it was told."""

    role: Role
    session_id: str
    participant_id: str | None
    meter: Meter
    user_id: str | None = None  # guests have none
    login_id: str | None = None  # that it stands on
    admitted: int = 0  # when, by the clock that all nodes share: of two connections the greater number stays
    id: str = field(default_factory=lambda: f"{getrandbits(128):032x}")  # names it, and opens nothing
    round_trips: RoundTrips = field(default_factory=RoundTrips)
    last_heard: float = field(default_factory=time.monotonic)
    answers: dict[str, OwnAnswer] = field(default_factory=dict)  # by question id
    path: Sequence[int] | None = None  # places of the questions in the order of this participant, once known
    presence: tuple[frozenset[str], int] | None = None  # who is connected and how many joined, as last told
    renewing: bool = False  # a snapshot is being prepared
    held: tuple[bytes, ...] = ()  # frames that go out with the next one

    def send(self, message: object) -> None:
        """Write one message of `outgoing` to this connection alone; whoever cannot take it is closed as slow."""
        self.write(frame(outgoing.encode(message)))

    def hold(self, data: bytes) -> None:
        """Have one encoded frame go out together with the next one, or by `release`: calls to the kernel are what costs."""
        self.held += (data,)

    def release(self) -> None:
        """Write what is held."""
        if self.held:
            last, self.held = self.held[-1], self.held[:-1]
            self.write(last)

    def write(self, data: bytes) -> None:
        """Write one encoded frame; nothing is dropped silently: a peer that cannot take it reconnects."""
        count = 1
        if self.held:
            count += len(self.held)
            data = b"".join((*self.held, data))
            self.held = ()
        if self.sink.write(data):
            WIRE.frames += count
            WIRE.bytes += len(data)
        else:
            WIRE.skipped += count
            self.end(Close.SLOW, "the connection could not keep up")

    def ping(self, now: float, t: int, data: bytes) -> None:
        """Write a ping that carries `t`, and time it from `now`, monotonic."""
        self.round_trips.pinged(t, now)
        self.write(data)

    @property
    def lags(self) -> bool:
        """True while the peer reads more slowly than it is written to: what replaces itself can wait."""
        return self.sink.waiting > LAG_BYTES
