"""Everybody at once through REST and the first snapshot, into sessions of 500."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from pathlib import Path

import psutil

from scripts.benching.bench import Bench
from scripts.benching.figures import percentile
from scripts.benching.profile import profiled
from scripts.benching.stage import Stage, staged
from scripts.benching.usage import since

__all__ = ["join"]

ROOM = 500
GATEWAY = "web.1"
SETTLED_S = 2.0


def join(bench: Bench, *, quick: bool, rounds: int) -> None:
    """Joins a second, their CPU, and the memory that everybody takes who is in."""
    people = 500 if quick else 5000
    name = f"{people} participants"
    asyncio.run(_rounds(bench, name, people, rounds))
    if bench.counts("joins a second", name):
        bench.judge("joins a second", bench.middle(name, "joins_per_s"))
    bench.judge("joins for a second of a gateway's core", bench.middle(name, "joins_per_gateway_core_s"))
    if quick:
        bench.notes.append(
            "memory: 500 fit into what a gateway has free from its start; only the full run says what they take"
        )
    else:
        bench.judge("memory of a participant", bench.middle(name, "memory_kb_per_participant"))


async def _rounds(bench: Bench, name: str, people: int, rounds: int) -> None:
    async with staged() as stage:
        for number in range(rounds):
            if number:  # what a gateway has freed it would use again: only a fresh one shows what it takes
                stage.site.terminate(GATEWAY)
                stage.site.restart(GATEWAY)
                stage.site.wait_ready()
            bench.record(name, await _storm(stage, people, bench.profile))


async def _storm(stage: Stage, people: int, profile: Path | None) -> Mapping[str, float]:
    started = await stage.start(math.ceil(people / ROOM))
    await stage.bring_in(started, 1)  # warms everything up
    idle_bytes = _memory(stage)
    before = await stage.usage.read()
    with profiled(profile, stage.site.pids):
        done = await stage.bring_in(started, min(people, ROOM), mixed=True)
    used = since(before, await stage.usage.read())
    await asyncio.sleep(SETTLED_S)
    memory_bytes = _memory(stage) - idle_bytes
    await stage.leave()
    for one in started:
        await stage.host.end(one)
    joined = done["joined"]
    return {
        "joins_per_s": joined / done["seconds"],
        "connected_again": done["again"],
        "join_p50_ms": percentile(done["took_s"], 0.5) * 1000,
        "join_p99_ms": percentile(done["took_s"], 0.99) * 1000,
        "joins_per_gateway_core_s": joined / used[f"cpu_s {GATEWAY}"],
        "gateway_cpu_ms_per_join": used[f"cpu_s {GATEWAY}"] / joined * 1000,
        **{
            f"cpu_ms_per_join {name}": used[f"cpu_s {name}"] / joined * 1000
            for name in stage.usage.pids
            if name != GATEWAY
        },
        "memory_kb_per_participant": memory_bytes / joined / 1024,
        "memory_idle_mb": idle_bytes / 2**20,
        "load_cpu_ms_per_join": done["cpu_share"] * done["seconds"] / joined * 1000,
        "load_cpu_share": done["cpu_share"],
    }


def _memory(stage: Stage) -> int:
    """Resident bytes of the gateway that nothing else shares."""
    return int(psutil.Process(stage.site.pids[GATEWAY]).memory_full_info().uss)
