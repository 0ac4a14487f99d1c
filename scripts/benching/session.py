"""Whole sessions on the whole system: everybody answers, and everything accepted is on disk."""

from __future__ import annotations

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import mean

from client import Session
from scripts.benching.bench import BUSY, Bench
from scripts.benching.figures import percentile
from scripts.benching.phases import CPU_OF_PART, parts, parts_table, stops
from scripts.benching.profile import profiled
from scripts.benching.stage import Stage, staged
from scripts.benching.usage import since

__all__ = ["CASTS", "Cast", "Shape", "session"]

LINGER_S = 0.6
"""How long persistence may still be at work when everybody has everything."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How many sessions of how many participants, how quickly all of them answer, and how many questions count."""

    sessions: int
    people: int
    spread_s: float
    questions: int = 3

    def __str__(self) -> str:
        return f"{self.sessions} x {self.people} within {self.spread_s:g} s"

    @classmethod
    def named(cls, name: str) -> Shape:
        """What `str` gives, of any numbers. Raises ValueError."""
        found = re.fullmatch(r"(\d+) x (\d+) within ([\d.]+) s", name)
        if found is None:
            raise ValueError(f"{name!r} is no shape: 1 x 500 within 0.5 s")
        return cls(int(found[1]), int(found[2]), float(found[3]))


@dataclass(frozen=True, slots=True)
class Cast:
    """Shapes that the same participants play one after the other; more sessions join them where a shape has more."""

    shapes: tuple[Shape, ...]

    @property
    def people(self) -> int:
        """In each session."""
        return self.shapes[0].people


# 100 in 0.2 s, 500 in 1 s, 2,000 in 4 s, 4 x 500 in 4 s and 16 x 500 in 16 s all bring 500 answers a second: what differs
# is the size of the room, or how many there are.
CASTS = (
    Cast((Shape(1, 500, 1.0), Shape(4, 500, 4.0, 2), Shape(16, 500, 16.0, 1))),
    Cast((Shape(1, 100, 0.2, 5),)),
    Cast((Shape(1, 2000, 1.0), Shape(1, 2000, 4.0, 2), Shape(1, 2000, 0.1))),
    Cast((Shape(20, 100, 1.0), Shape(20, 100, 0.1))),
)
QUICK = (Cast((Shape(1, 500, 1.0), Shape(1, 500, 0.1))),)


def session(bench: Bench, *, quick: bool, rounds: int) -> None:
    """Acks, results, final boards and CPU time, by how many there are."""
    casts = QUICK if quick else CASTS
    if bench.only is not None:
        casts = (Cast((Shape.named(bench.only),)),)
    asyncio.run(_rounds(bench, casts, rounds))
    for cast in casts:
        for shape in cast.shapes:
            _judge(bench, shape)
    bench.tables.append(parts_table(bench.rounds))


async def _rounds(bench: Bench, casts: tuple[Cast, ...], rounds: int) -> None:
    async with staged() as stage:
        await _perform(stage, Cast((Shape(1, 50, 0.5),)))  # warms everything up
        for _ in range(rounds):
            for cast in casts:
                folder = None if bench.profile is None else bench.profile / f"sessions of {cast.people}"
                with profiled(folder, stage.site.pids):
                    performed = await _perform(stage, cast)
                for shape, measured in performed.items():
                    bench.record(str(shape), measured)


async def _perform(stage: Stage, cast: Cast) -> Mapping[Shape, Mapping[str, float]]:
    started: list[Session] = []
    seen: dict[Shape, Seen] = {}
    for shape in cast.shapes:
        more = await stage.start(shape.sessions - len(started))
        if more:
            await stage.bring_in(more, cast.people)
        warming = 0 if started else 1
        started += more
        seen[shape] = Seen(shape)
        for number in range(warming + shape.questions):
            await _question(stage, Seen(shape) if number < warming else seen[shape])
        seen[shape].memory_mb = stage.usage.memory()
    wrong = await stage.audit(started)
    await stage.leave()
    for shape, one in seen.items():
        print(f"bench: {shape}: {one.errors} errors, closed: {dict(one.closed)}", file=sys.stderr, flush=True)
    return {shape: {**one.figures(), "sessions_not_clean": wrong} for shape, one in seen.items()}


@dataclass(slots=True)
class Seen:
    """What was seen of a shape's questions."""

    shape: Shape
    acks_s: list[float] = field(default_factory=list)
    results_s: list[float] = field(default_factory=list)  # after the last answer of the session
    boards_s: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)  # answers a second, first sent to last acknowledged
    shares: list[float] = field(default_factory=list)  # of a core, that the load took meanwhile
    phases: list[dict[str, float]] = field(default_factory=list)  # by question
    used: dict[str, float] = field(default_factory=dict)
    received_bytes: int = 0  # by all participants
    memory_mb: dict[str, float] = field(default_factory=dict)  # of our processes, after the last question
    errors: int = 0  # answers refused; acks, results, boards that did not come
    closed: Counter[str] = field(default_factory=Counter)  # why connections were lost

    def figures(self) -> dict[str, float]:
        """By name, all questions together."""
        answered = self.shape.sessions * self.shape.people * self.shape.questions
        cpu = {name.removeprefix("cpu_s "): s for name, s in self.used.items() if name.startswith("cpu_s ")}
        other = {name: value for name, value in self.used.items() if not name.startswith("cpu_s ")}
        servers = {"nats-server", "redis-server", "postgres"}
        return {
            **_percentiles("ack", self.acks_s),
            **_percentiles("result", self.results_s),
            **_percentiles("board", self.boards_s),
            "answers_per_s": mean(self.rates),
            "cpu_s_per_1000": sum(s for name, s in cpu.items() if name not in servers) / answered * 1000,
            **{f"cpu_s_per_1000 {name}": s / answered * 1000 for name, s in cpu.items()},
            **{f"{name}_per_1000": value / answered * 1000 for name, value in other.items()},
            "received_bytes_per_answer": self.received_bytes / answered,
            **{f"memory_mb {name}": mb for name, mb in self.memory_mb.items()},
            "errors": self.errors,
            "load_cpu_share": max(self.shares),
            **{name: mean(one[name] for one in self.phases) for name in self.phases[0]},
        }


def _percentiles(what: str, seconds: list[float]) -> dict[str, float]:
    return {
        f"{what}_p50_ms": percentile(seconds, 0.5) * 1000,
        f"{what}_p99_ms": percentile(seconds, 0.99) * 1000,
        f"{what}_last_ms": max(seconds) * 1000,
    }


async def _question(stage: Stage, seen: Seen) -> None:
    """Open a question in all sessions, and close it in each as soon as its last answer is acknowledged."""
    shape = seen.shape
    before = await stage.usage.read()
    line = await stage.question(shape.spread_s)
    await asyncio.sleep(LINGER_S)
    after = await stage.usage.read()
    for name, value in since(before, after).items():
        seen.used[name] = seen.used.get(name, 0.0) + value
    seen.errors += line["refused"] + line["missing"]
    seen.closed.update(line["closed"])
    seen.received_bytes += line["received_bytes"]
    sessions = line["sessions"]
    stored = {name: after[f"cpu_s {name}"] for name in stage.usage.pids}
    seen.phases.append(parts(line, stored) | stops(sessions))
    taken_s = max(one["last_ack_at"] for one in sessions) - min(one["first_sent_at"] for one in sessions)
    seen.rates.append(shape.sessions * shape.people / taken_s)
    seen.shares.append(seen.phases[-1][f"answering{CPU_OF_PART}load"] / 1000 / taken_s)
    for one in sessions:
        seen.acks_s += one["acks_s"]
        seen.results_s += [at - one["last_sent_at"] for at in one["results_at"]]
        seen.boards_s += [at - one["last_sent_at"] for at in one["boards_at"]]


def _judge(bench: Bench, shape: Shape) -> None:
    name = str(shape)
    figures = {
        "ack p99": "ack_p99_ms",
        "CPU of 1,000 answers, all our processes": "cpu_s_per_1000",
        "answers a second": "answers_per_s",
        "last result after the last answer": "result_last_ms",
        "last board after the last answer": "board_last_ms",
    }
    for what, figure in figures.items():
        if bench.wants(f"{name}: {what}"):
            bench.judge(f"{name}: {what}", bench.middle(name, figure))
    what = f"{name}: errors, sessions not clean"
    if bench.wants(what):
        bench.judge(what, max(one["errors"] + one["sessions_not_clean"] for one in bench.rounds[name]))
    if (share := bench.middle(name, "load_cpu_share")) > BUSY:
        bench.notes.append(
            f"{name}: the load side was busy for {share:.0%} of the time: latencies are upper bounds"
        )
