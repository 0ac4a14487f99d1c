"""One hostile connection and its neighbours: what a flood does to their latency and to the node's memory."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import psutil

from client import Api, Host
from scripts.benching.bench import Bench, Contestant, Target, compete
from scripts.benching.child import LOAD_CORE, Child, python
from scripts.benching.clocks import cpu_s
from scripts.running.site import Site
from scripts.simulation.plan import demo_quiz

__all__ = ["flood"]

NEIGHBOURS = 100
PER_S = 10_000
QUIET = "quiet"
FLOODS = ("messages", "pings", "fragments")
SLOWER = 1.5
"""How much longer the neighbours' 99th percentile may be than without the flood: in one run, this says little below that."""

CORES = 0.1
MEMORY_MB = 4.0


def flood(bench: Bench, *, quick: bool, rounds: int) -> None:
    """Neighbours' round trips and the gateway's memory, without and with somebody who sends 10,000 frames a second."""
    seconds = 3.0 if quick else 8.0
    with (
        Site(QUIZWIRE_RATE_LIMITS="off") as site,
        Child(python("scripts.benching.sides.flood_load"), LOAD_CORE) as load,
    ):
        tokens = asyncio.run(_tokens(site))
        place = Place(site, load, tokens[0], seconds)
        place.ask(do="sit", port=place.port, tokens=tokens[1:])
        kinds = (QUIET, *FLOODS)
        compete(bench, [Contestant(kind, partial(place.measure, kind)) for kind in kinds], rounds)
    for kind in FLOODS:
        added = bench.middle(kind, "gateway_cores") - bench.middle(QUIET, "gateway_cores")
        closed = bench.middle(kind, "neighbours_closed")
        bench.targets += [
            Target(f"{kind}: neighbours' p99", bench.ratio(kind, QUIET, "p99_ms"), SLOWER, at_least=False),
            Target(f"{kind}: gateway's CPU", added, CORES, at_least=False, unit="cores"),
            Target(f"{kind}: memory", bench.middle(kind, "memory_mb"), MEMORY_MB, at_least=False, unit="MB"),
            Target(f"{kind}: neighbours closed", closed, 0, at_least=False, unit=""),
        ]
    bench.notes.append(
        f"{NEIGHBOURS} neighbours, each with ten round trips a second; whoever floods sends {PER_S:,} frames a second, "
        "takes no notice of being closed, and is back as soon as the connection is gone"
    )


@dataclass(frozen=True, slots=True)
class Place:
    """A session with its neighbours, and the hostile one's token."""

    site: Site
    load: Child
    token: str
    seconds: float

    @property
    def port(self) -> int:
        """Of the gateway."""
        return int(self.site.url.rpartition(":")[2])

    def ask(self, **order: object) -> Any:
        """Tell the load side, and wait for its reply."""
        self.load.tell(**order)
        return self.load.read()

    def measure(self, kind: str) -> Mapping[str, float]:
        """One window of time."""
        pid = self.site.pids["web.1"]
        memory, cpu = _memory_mb(pid), cpu_s(pid)
        most = [memory]
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.1):
                most.append(_memory_mb(pid))

        watching = threading.Thread(target=watch)
        watching.start()
        seen = self.ask(
            do="measure", kind=kind, port=self.port, token=self.token, seconds=self.seconds, per_s=PER_S
        )
        used = cpu_s(pid) - cpu
        over.set()
        watching.join()
        return {
            "p50_ms": seen["p50_ms"],
            "p99_ms": seen["p99_ms"],
            "max_ms": seen["max_ms"],
            "memory_mb": max(most) - memory,
            "gateway_cores": used / self.seconds,
            "flood_mb": seen["flood_bytes"] / 1e6,
            "flood_closed": seen["flood_closed"],
            "neighbours_closed": seen["neighbours_closed"],
        }


async def _tokens(site: Site) -> list[str]:
    """Resume tokens of everybody in a fresh session, the hostile one first."""
    api = Api(site.urls)
    host = Host(api)
    await host.sign_in(None, None)
    session = await host.start(await host.create_quiz(demo_quiz(1, None)), "host")
    guests = Api(site.urls)
    joined = [await guests.join(session["join_code"]) for _ in range(NEIGHBOURS + 1)]
    await guests.close()
    await api.close()
    return [one["resume_token"] for one in joined]


def _memory_mb(pid: int) -> float:
    """Of the gateway, as far as nothing else shares it."""
    return float(psutil.Process(pid).memory_full_info().uss) / 1e6
