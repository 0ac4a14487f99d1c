"""Group commit: accepted answers on their way into JetStream.

One publish is in flight per subject; what arrives meanwhile goes out in the next one. An answer counts as accepted when
JetStream has stored it, and not before.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from uuid import uuid4

import nats.errors
import structlog

from bus.messages import Submission, encode
from bus.receipts import Receipts
from bus.telemetry import context
from bus.telemetry.traces import Span
from web import metrics

__all__ = ["Outbox"]

GROUP = 128
"""Submissions in one message at most, about 25 KB."""

EVERY_S = 0.006
"""Groups are begun at least this far apart while few answers come: one in a lull goes out at once, and of a few hundred a
second some share a write to the disk, and all the work behind it."""

MANY = 64
"""What waits and the two groups before it, from which on nothing is gained by waiting: the next begins at once."""

PATIENCE_S = 2.0
"""For a PubAck. Then the group is published again, with the same id."""

log = structlog.get_logger(__name__)


class Outbox:
    """Answers waiting for one subject."""

    def __init__(self, receipts: Receipts, subject: str) -> None:
        self._receipts = receipts
        self._subject = subject
        self._name = uuid4().hex  # with a number, the id of each message
        self._numbers = count()
        self._waiting: list[
            tuple[Submission, Callable[[], None], float, Span | None]
        ] = []  # … and since when, monotonic
        self._began_at = 0.0  # the last group, monotonic
        self._last = 0  # answers in it
        self._before = 0  # … and in the one before it, together
        self._arrived = asyncio.Event()
        self._due = asyncio.Event()  # while something waits: it may be sent
        self._taken = 0  # answers so far
        self._done = 0  # of these, the first that are stored and acknowledged
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []  # for so many to be done, in order
        self._task = asyncio.get_running_loop().create_task(self._run(), context=context.apart())

    def add(self, submission: Submission, stored: Callable[[], None], span: Span | None = None) -> None:
        """Take one answer; `stored` is called once JetStream has it, and ends its `span`, if it is traced."""
        self._waiting.append((submission, stored, time.monotonic(), span))
        self._taken += 1
        self._arrived.set()
        if self._many():
            self._due.set()

    @property
    def waiting(self) -> int:
        """Answers that are on their way to no server yet."""
        return len(self._waiting)

    async def flush(self, timeout_s: float) -> bool:
        """Wait until everything taken so far is stored; False when that took too long."""
        if self._done < self._taken:
            stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append((self._taken, stored))
            with suppress(TimeoutError):
                await asyncio.wait_for(stored, timeout_s)
            return stored.done() and not stored.cancelled()
        return True

    async def close(self) -> None:
        """Stop. What is still waiting is not stored and was never acknowledged."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def _many(self) -> bool:
        return len(self._waiting) + self._before >= MANY

    async def _pace(self) -> None:
        """Return when the next group may begin."""
        early_s = self._began_at + EVERY_S - time.monotonic()
        if early_s > 0 and not self._many():
            self._due.clear()
            timer = asyncio.get_running_loop().call_later(early_s, self._due.set)
            await self._due.wait()
            timer.cancel()

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            await self._pace()
            group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
            self._began_at = time.monotonic()
            self._last, self._before = len(group), self._last + len(group)
            if not self._waiting:
                self._arrived.clear()
            message_id = f"{self._name}-{next(self._numbers)}"
            headers = {"Nats-Msg-Id": message_id}
            traces = [span.traceparent for _, _, _, span in group if span is not None][: context.MOST_TRACES]
            if traces:
                headers[context.TRACES] = ",".join(traces)
            await self._store(encode([submission for submission, _, _, _ in group]), headers)
            level = logging.INFO if traces else logging.DEBUG
            if logging.getLogger(__name__).isEnabledFor(
                level
            ):  # structlog asks only after a good deal of work
                log.log(
                    level, "answers_stored", message_ids=[message_id], answers=len(group), traceparents=traces
                )
            for _, stored, _, span in group:
                try:
                    stored()
                except Exception:  # one acknowledgement that fails must not end all the others
                    log.exception("answer_not_acknowledged")
                if span is not None:
                    span.end(message_id=message_id, answers=len(group))
            metrics.ANSWERS["accepted"].inc(len(group))
            metrics.GROUP_SIZE.observe(len(group))
            metrics.ACK_SECONDS.observe(time.monotonic() - group[0][2])
            self._done += len(group)
            while self._waiters and self._waiters[0][0] <= self._done:
                _, waiting = self._waiters.pop(0)
                if not waiting.done():
                    waiting.set_result(None)

    async def _store(self, payload: bytes, headers: dict[str, str]) -> None:
        """Publish until JetStream acknowledges, always with the same message id, so that it is stored once."""
        delay_s = 0.05
        while True:
            try:
                answer = await self._receipts.ask(self._subject, payload, headers, PATIENCE_S)
                if "error" not in answer:
                    return
                reason = str(answer["error"].get("code"))
            except (nats.errors.Error, TimeoutError, OSError) as error:
                reason = type(error).__name__
            log.warning("submissions_not_stored_yet", subject=self._subject, error=reason)
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, 1.0)
