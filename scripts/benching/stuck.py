"""One in ten has stopped reading: what the others notice of it, and what each of them costs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from functools import partial
from statistics import median
from typing import Any

from scripts.benching.bench import Bench, Contestant, Target, compete
from scripts.benching.child import LOAD_CORE, SERVER_CORE, Child, free_port, python
from scripts.benching.sides.stuck_load import percentile
from web.gateway.sink import MAX_BUFFER_BYTES

__all__ = ["stuck"]

CONNECTIONS = 100
STUCK = CONNECTIONS // 10
FRAME_BYTES = (
    16 * 1024
)  # a leaderboard of some 250; large enough to fill the kernel's buffers in a few seconds
EVERY_S = 0.02
RISE = 1.2
LARGEST_KB = (MAX_BUFFER_BYTES + 2 * FRAME_BYTES) / 1024
BOTH = "a room where all read, beside one where one in ten has stopped"


def stuck(bench: Bench, *, quick: bool, rounds: int) -> None:
    """Deliveries to those who read, with and without neighbours who do not; memory that waits for one who does not.

    Two servers on one core take turns frame by frame, so that whatever else the machine does is done to both.
    """
    compete(bench, [Contestant(BOTH, partial(_side_by_side, 300 if quick else 600))], rounds)
    for what in ("p50", "p99"):
        rise = median(one[f"stuck_{what}_ms"] / one[f"reading_{what}_ms"] for one in bench.rounds[BOTH])
        bench.targets.append(
            Target(f"delivery {what} of the others, by comparison", rise, RISE, at_least=False)
        )
    waiting = bench.middle(BOTH, "stuck_most_waiting_kb")
    bench.targets.append(
        Target("most that waits for one of them", waiting, LARGEST_KB, at_least=False, unit="KB")
    )
    more_kb = median(one["stuck_grown_kb"] - one["reading_grown_kb"] for one in bench.rounds[BOTH])
    each_kb = max(0.0, more_kb) / STUCK
    bench.targets.append(Target("memory of one of them", each_kb, LARGEST_KB, at_least=False, unit="KB"))
    closed = bench.middle(BOTH, "stuck_closed")
    bench.notes.append(
        f"{STUCK} of {CONNECTIONS} do not read; {closed:g} times one was closed as slow (4008), and came back"
    )


def _side_by_side(frames: int) -> Mapping[str, float]:
    with ExitStack() as children:
        pairs = {name: _pair(children, stuck) for name, stuck in (("reading", 0), ("stuck", STUCK))}
        begin_at = time.monotonic() + 0.5
        for turn, (server, load) in enumerate(pairs.values()):
            load.ask(frames=frames)
            server.tell(frames=frames, every_s=EVERY_S, begin_at=begin_at + turn * EVERY_S / len(pairs))
        return {
            f"{name}_{figure}": value
            for name, (server, load) in pairs.items()
            for figure, value in _figures(load.read(), server.read()).items()
        }


def _pair(children: ExitStack, stuck: int) -> tuple[Child, Child]:
    """A server, and its connections, of which so many do not read."""
    port, size = str(free_port()), str(FRAME_BYTES)
    server = Child(python("scripts.benching.sides.stuck_quizwire", port, size), SERVER_CORE)
    children.enter_context(server)
    load = Child(
        python("scripts.benching.sides.stuck_load", port, str(CONNECTIONS), str(stuck), size), LOAD_CORE
    )
    children.enter_context(load)
    return server, load


def _figures(received: Any, written: Any) -> dict[str, float]:
    took = [
        at - wrote
        for wrote, arrived in zip(written["written_at"], received["arrived_at"], strict=True)
        for at in arrived
    ]
    return {
        "p50_ms": percentile(took, 0.5) * 1000,
        "p99_ms": percentile(took, 0.99) * 1000,
        "most_waiting_kb": written["backlog_bytes"] / 1024,
        "grown_kb": written["grown_bytes"] / 1024,
        "closed": written["closed"],
        "load_cpu_share": received["cpu_share"],
    }
