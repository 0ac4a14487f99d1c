"""Whole sessions on the whole system: everybody answers, and everything accepted is on disk."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from client import Api, Host, Session
from db import answers
from db.pool import Pool
from scripts.benching.bench import Bench, Contestant, Target, compete
from scripts.benching.child import LOAD_CORE, Child, cpu_s, python
from scripts.benching.figures import percentile
from scripts.benching.profile import profiled
from scripts.benching.sides.session_load import digest
from scripts.running.site import Site

__all__ = ["join", "joining", "session"]

BUSY = 0.85
AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Shape:
    """How many sessions of how many participants, and how quickly all of them answer."""

    sessions: int
    people: int
    spread_s: float

    def __str__(self) -> str:
        return f"{self.sessions} x {self.people} within {self.spread_s:g} s"


SHAPES = (
    Shape(1, 500, 1.0),
    Shape(1, 2000, 1.0),
    Shape(20, 100, 1.0),
    Shape(20, 100, 0.1),
    Shape(4, 500, 1.0),
    Shape(16, 500, 4.0),
)


def session(bench: Bench, *, quick: bool, rounds: int) -> None:
    """Acks, results, final boards and CPU time, by how many there are."""
    questions = 2 if quick else 5
    shapes = SHAPES[:1] if quick else SHAPES
    compete(
        bench, [Contestant(str(shape), partial(_run, bench, shape, questions)) for shape in shapes], rounds
    )
    for shape in shapes:
        _judge(bench, shape)


def join(bench: Bench, *, quick: bool, rounds: int) -> None:
    """Everybody at once through REST and the first snapshot, into sessions of 500."""
    people = 500 if quick else 5000
    name = f"{people} participants"
    compete(bench, [Contestant(name, partial(joining, people, bench.profile))], rounds)
    bench.targets.append(Target("joins a second", bench.middle(name, "joins_per_s"), 1350, unit="joins/s"))


def joining(people: int, profile: Path | None = None) -> Mapping[str, float]:
    """One join storm."""
    with Site(QUIZWIRE_RATE_LIMITS="off") as site, _load() as load:
        return asyncio.run(_join_storm(site, load, people, profile))


async def _join_storm(site: Site, load: Child, people: int, profile: Path | None) -> Mapping[str, float]:
    api = Api(site.urls)
    host = Host(api)
    await host.sign_in(None, None)
    started = await _start(host, math.ceil(people / 500))
    await _bring_in(site, load, started, 1, 1.0)  # warms everything up
    before = {name: cpu_s(pid) for name, pid in site.pids.items()}
    with profiled(profile, site.pids):
        done = await _bring_in(site, load, started, min(people, 500), 1.0)
    used = {name: cpu_s(pid) - before[name] for name, pid in site.pids.items()}
    await api.close()
    return {
        "joins_per_s": done["joined"] / done["seconds"],
        "join_p50_ms": percentile(done["took_s"], 0.5) * 1000,
        "join_p99_ms": percentile(done["took_s"], 0.99) * 1000,
        "gateway_cpu_ms_per_join": used["web.1"] / done["joined"] * 1000,
        "load_cpu_share": done["cpu_share"],
    }


def _run(bench: Bench, shape: Shape, questions: int) -> Mapping[str, float]:
    with Site(QUIZWIRE_RATE_LIMITS="off") as site, _load() as load:
        measured = asyncio.run(_play(site, load, shape, questions, bench.profile))
    if measured["load_cpu_share"] > BUSY:
        bench.notes.append(f"{shape}: the load side was busier than {BUSY:.0%}; latencies are upper bounds")
    return measured


async def _play(
    site: Site, load: Child, shape: Shape, questions: int, profile: Path | None
) -> Mapping[str, float]:
    api = Api(site.urls)
    host = Host(api)
    await host.sign_in(None, None)
    started = await _start(host, shape.sessions)
    idle_bytes = _memory(site)
    await _bring_in(site, load, started, shape.people, shape.spread_s)
    full_bytes = _memory(site)
    acks: list[float] = []
    results: list[float] = []
    boards: list[float] = []
    rates: list[float] = []
    shares: list[float] = []
    used: dict[str, float] = {}
    refused = 0
    with profiled(profile, site.pids):
        for number in range(questions + 1):
            await _tell(load, do="clear")
            before = {name: cpu_s(pid) for name, pid in site.pids.items()}
            load.tell(do="question")
            opened = asyncio.gather(*(host.next(one) for one in started))
            await asyncio.to_thread(load.read)
            started = list(await opened)
            await asyncio.gather(*(host.close(one) for one in started))
            seen = await asyncio.to_thread(load.read)
            started = list(await asyncio.gather(*(host.session(one["id"]) for one in started)))
            if not number:
                continue  # warms everything up
            for name, pid in site.pids.items():
                used[name] = used.get(name, 0.0) + cpu_s(pid) - before[name]
            shares.append(seen["cpu_share"])
            refused = seen["refused"]
            first_sent = min(one["last_ack_at"] for one in seen["sessions"]) - shape.spread_s
            rates.append(
                shape.sessions
                * shape.people
                / max(1e-9, max(one["last_ack_at"] for one in seen["sessions"]) - first_sent)
            )
            for one in seen["sessions"]:
                acks += one["acks_s"]
                results += [at - one["last_sent_at"] for at in one["results_at"]]
                boards += [at - one["last_sent_at"] for at in one["boards_at"]]
    lost = await _audit(site, load, host, started)
    await api.close()
    answered = shape.sessions * shape.people * questions
    ours = sum(used.values())
    return {
        "ack_p50_ms": percentile(acks, 0.5) * 1000,
        "ack_p99_ms": percentile(acks, 0.99) * 1000,
        "result_p50_ms": percentile(results, 0.5) * 1000,
        "result_last_ms": max(results) * 1000,
        "board_p50_ms": percentile(boards, 0.5) * 1000,
        "board_last_ms": max(boards) * 1000,
        "answers_per_s": sum(rates) / len(rates),
        "cpu_s_per_1000": ours / answered * 1000,
        **{f"cpu_s_per_1000 {name}": one / answered * 1000 for name, one in used.items()},
        "memory_kb_per_participant": (full_bytes - idle_bytes) / (shape.sessions * shape.people) / 1024,
        "refused": refused,
        "sessions_not_clean": lost,
        "load_cpu_share": max(shares),
    }


async def _start(host: Host, sessions: int) -> list[Session]:
    options = [{"text": f"option {number}", "is_correct": number == 1} for number in range(4)]
    questions = [{"title": f"What is number {number}?", "options": options} for number in range(30)]
    started = []
    for _ in range(sessions):
        quiz_id = await host.create_quiz({"title": "Bench", "questions": questions})  # type: ignore[typeddict-item]
        started.append(await host.start(quiz_id, "host", "speed"))
    return started


async def _bring_in(site: Site, load: Child, started: Sequence[Session], people: int, spread_s: float) -> Any:
    ports = [int(url.rpartition(":")[2]) for url in site.urls]
    codes = [one["join_code"] for one in started]
    order = {"ports": ports, "codes": codes, "people": people, "at_once": AT_ONCE, "spread_s": spread_s}
    return await _tell(load, do="join", **order)


async def _audit(site: Site, load: Child, host: Host, started: Sequence[Session]) -> int:
    """In how many sessions PostgreSQL does not hold exactly what was answered, each once."""
    for one in started:
        await host.end(one)
    given = await _tell(load, do="given")
    pool = Pool(site.environment["DATABASE_URL"], 1)
    wrong = 0
    for one, expected in zip(started, given, strict=True):
        for _ in range(50):
            rows = await asyncio.to_thread(pool.call, answers.of_session, one["id"])
            stored = digest([(row.participant_id, row.question_id, row.option) for row in rows])
            if stored == expected:
                break
            await asyncio.sleep(0.1)
        wrong += stored != expected
    pool.close()
    return wrong


def _judge(bench: Bench, shape: Shape) -> None:
    name = str(shape)
    ack = bench.middle(name, "ack_p99_ms")
    cpu = bench.middle(name, "cpu_s_per_1000")
    if shape == SHAPES[3]:
        rate = bench.middle(name, "answers_per_s")
        bench.targets.append(Target(f"{name}: answers a second", rate, 9000, unit="answers/s"))
    elif shape in SHAPES[:3]:
        limit = 10.0 if shape.people == 500 else 50.0
        bench.targets.append(Target(f"{name}: ack p99", ack, limit, at_least=False, unit="ms"))
        bench.targets.append(
            Target(f"{name}: CPU of 1,000 answers, all our processes", cpu, 0.4, at_least=False, unit="s")
        )
    if shape == SHAPES[0]:
        for what in ("result", "board"):
            last = bench.middle(name, f"{what}_last_ms")
            bench.targets.append(
                Target(f"{name}: last {what} after the last answer", last, 50.0, at_least=False, unit="ms")
            )
    if shape == SHAPES[1]:
        memory = bench.middle(name, "memory_kb_per_participant")
        bench.targets.append(Target("memory of a participant", memory, 40.0, at_least=False, unit="KB"))
    clean = bench.middle(name, "sessions_not_clean") + bench.middle(name, "refused")
    bench.targets.append(
        Target(f"{name}: answers refused, sessions not clean", clean, 0, at_least=False, unit="")
    )


def _memory(site: Site) -> int:
    """Resident bytes of the first gateway that nothing else shares."""
    import psutil

    return int(psutil.Process(site.pids["web.1"]).memory_full_info().uss)


def _load() -> Child:
    return Child(python("scripts.benching.sides.session_load"), LOAD_CORE)


async def _tell(load: Child, **order: object) -> Any:
    load.tell(**order)
    return await asyncio.to_thread(load.read)
