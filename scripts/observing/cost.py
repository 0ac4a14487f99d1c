"""`scripts/tracecost`: time of one answer in a gateway, from the parsed frame to its acknowledgement, without servers.

JetStream is a coroutine that acknowledges at once, sockets take everything: what is left is the gateway's own work.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import statistics
import sys
import time
from timeit import timeit
from typing import Any, cast

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from bus.leaderboard import Leaderboard
from bus.messages import Option, Question, Quiz, SessionState
from bus.telemetry import logs, traces
from web.gateway.connection import Connection
from web.gateway.gateway import Gateway, Settings
from web.gateway.incoming import Answer
from web.gateway.meter import Meter
from web.gateway.room import Room

ANSWERS = 5_000
ROUNDS = 7
MODES = {"off": None, "one in a hundred": 0.01, "all": 1.0}

OPTIONS = (Option("A", "yes"), Option("B", "no"))
QUIZ = Quiz("quiz", "Cost", (Question("q1", "?", OPTIONS, "A"),))


class _Nowhere(SpanExporter):
    """Spans are made and queued, not sent: sending is another thread's work."""

    def export(self, spans: Any) -> SpanExportResult:
        return SpanExportResult.SUCCESS


class _Socket:
    def watch(self, tell: Any) -> None:
        pass

    def write(self, data: bytes) -> bool:
        return True

    def abort(self) -> None:
        pass


class _Receipts:
    async def ask(self, *message: object) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {}


async def _round() -> float:
    """Microseconds per answer."""
    gateway = Gateway(
        Settings("node", ("s" * 32,), frozenset()),
        cast(Any, None),
        cast(Any, None),
        cast(Any, _Receipts()),
        *([cast(Any, None)] * 2),
    )
    room = Room(QUIZ, SessionState("s", "h", "host", "open", question_index=0), Leaderboard.load("e", 1, []))
    task = cast(Any, asyncio.current_task())
    connections = [
        Connection(cast(Any, _Socket()), task, "participant", "s", f"p{number}", Meter(10, 20))
        for number in range(ANSWERS)
    ]
    answers = [Answer(id=f"a{number}", question_id="q1", option="A") for number in range(ANSWERS)]
    gc.collect()
    started_at = time.perf_counter()
    for number, (connection, answer) in enumerate(zip(connections, answers, strict=True)):
        gateway.answer(room, connection, answer)
        if number % 64 == 63:
            await asyncio.sleep(0)
    for outbox in gateway._outboxes.values():
        await outbox.flush(30.0)
    took_s = time.perf_counter() - started_at
    for outbox in gateway._outboxes.values():
        await outbox.close()
    return took_s / ANSWERS * 1e6


def main() -> None:
    """Print a table; the modes take turns, so that a busy machine is busy for all of them."""
    logs.configure("warning", sys.stderr)
    logging.disable(logging.INFO)
    took: dict[str, list[float]] = {mode: [] for mode in MODES}
    for _ in range(ROUNDS):
        for mode, share in MODES.items():
            traces._tracing = None
            if share is not None:
                provider = TracerProvider()
                provider.add_span_processor(BatchSpanProcessor(_Nowhere(), max_queue_size=100_000))
                traces._tracing = traces.Tracing(provider, share)
            took[mode].append(asyncio.run(_round()))
            traces.stop()
    for mode, each in took.items():
        print(
            f"traces {mode:17} {min(each):7.2f} µs per answer at best, {statistics.median(each):7.2f} median"
        )
    check_ns = timeit(traces.tracing, number=1_000_000) * 1e9 / 1e6
    print(f"what is asked of each answer while they are off takes {check_ns:.0f} ns")


if __name__ == "__main__":
    main()
