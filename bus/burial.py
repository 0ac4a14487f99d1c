"""Moves messages to another subject and only then takes them off their own: dead letters and suspects."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from concurrent.futures import Future
from logging import getLogger
from threading import Condition

from bus import subjects
from bus.connection import Connection
from bus.deliveries import ACK, NAK, TERM, Delivery, plain_headers
from bus.errors import PublishRefused, Unavailable
from bus.telemetry.logs import described

__all__ = ["Burial"]

_log = getLogger(__name__)

LONGEST_ERROR = 1000  # characters of an exception's text that go into a header


def _one_line(text: str) -> str:
    """What a header can carry of somebody else's text."""
    text = text[:LONGEST_ERROR].encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else " " for c in text)


class Burial:
    """What one consumer moves. Each move is a task on the loop thread; the message is held until it is done."""

    def __init__(self, connection: Connection, queue: str, changed: Condition, counts: Counter[str]) -> None:
        self._connection = connection
        self._queue = queue
        self._changed = changed
        self._counts = counts
        self._moves: set[Future[None]] = set()
        self.moving: set[Delivery] = set()  # guarded by `changed`

    def bury(self, delivery: Delivery, reason: str, error: BaseException | None, actor: str) -> None:
        """Store in the dead letters, then TERM. `reason` is a stable code."""
        self._counts["dead"] += 1
        _log.error(
            "dead letter: %s %d of %s (queue %s, %d deliveries): %s %s",
            delivery.pull.durable.stream,
            delivery.sequence,
            delivery.subject,
            self._queue,
            delivery.deliveries,
            reason,
            described(error),
        )
        headers = {
            **plain_headers(delivery.headers),
            "Dead-Reason": reason,
            "Dead-Error": _one_line(f"{type(error).__name__}: {error}") if error is not None else "",
            "Dead-Subject": delivery.pull.durable.subject.removesuffix(".suspects"),
            "Dead-Queue": self._queue,
            "Dead-Actor": _one_line(actor),
            "Dead-Deliveries": str(delivery.deliveries),
            "Dead-Stream": delivery.pull.durable.stream,
            "Dead-Sequence": str(delivery.sequence),
        }
        self._start(delivery, subjects.dead(self._queue), headers, delivery.key("dead"), TERM)

    def suspect(self, delivery: Delivery) -> None:
        """To the suspects of its subject, where it is the only one in flight."""
        self._counts["suspected"] += 1
        target = f"{delivery.pull.durable.subject}.suspects"
        headers = plain_headers(delivery.headers)
        self._start(delivery, target, headers, delivery.key("suspect"), ACK)

    def absolve(self, delivery: Delivery) -> None:
        """A suspect whose holder is stopped in order: a fresh copy, so that this does not count against it."""
        headers = plain_headers(delivery.headers)
        self._start(delivery, delivery.subject, headers, delivery.key("absolved"), ACK, timeout_s=2.0)

    def wait(self, timeout_s: float) -> None:
        """Wait for the moves under way; give up the rest."""
        deadline = time.monotonic() + timeout_s
        for move in list(self._moves):
            try:
                move.result(max(deadline - time.monotonic(), 0))
            except Exception:  # whatever it was, the message is still stored where it was
                move.cancel()

    def _start(
        self,
        delivery: Delivery,
        subject: str,
        headers: dict[str, str],
        message_id: str,
        verdict: bytes,
        timeout_s: float | None = None,
    ) -> None:
        with self._changed:
            if delivery in self.moving:
                return
            self.moving.add(delivery)
        future = self._connection.spawn(
            self._move(delivery, subject, headers, message_id, verdict, timeout_s)
        )
        self._moves.add(future)
        future.add_done_callback(self._moves.discard)

    async def _move(
        self,
        delivery: Delivery,
        subject: str,
        headers: dict[str, str],
        message_id: str,
        verdict: bytes,
        timeout_s: float | None,
    ) -> None:
        deadline = time.monotonic() + timeout_s if timeout_s is not None else None
        while True:
            try:
                await self._connection.store(
                    subject, delivery.payload, message_id, headers, timeout_s or 10.0, reserve_bytes=0
                )
                break
            except (Unavailable, PublishRefused) as error:
                if deadline is not None and time.monotonic() >= deadline:
                    verdict = NAK
                    break
                _log.warning("a message could not be moved to %s yet: %s", subject, error)
                await asyncio.sleep(1.0)
        with self._changed:
            self.moving.discard(delivery)
            if verdict == NAK:
                delivery.pull.hand_back(delivery)
            else:
                delivery.pull.settle([delivery], verdict)
            self._changed.notify_all()
