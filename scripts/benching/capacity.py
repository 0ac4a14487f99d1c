"""From what one process was measured to do to what 500,000 participants need.

All of it is multiplication and division; what is assumed is named in the tables, what is not measured too.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from statistics import median

__all__ = ["CONNECTIONS", "HEADROOM", "Measured", "processes", "tables"]

PARTICIPANTS = 500_000
ANSWERS_PER_S = 25_000
BURST_PER_S = 100_000
EVERYBODY_IN_S = 120
REPLICAS = 3  # of a stream in a cluster
HEADROOM = 0.6
"""No process is planned to be busier than this: half a pool may have to carry the other half's load for a moment."""

CONNECTIONS = 8_000
"""Of one gateway process, at most: what is lost and comes back at once when it dies."""

SHAPE, BURST = "1 x 500 within 1 s", "1 x 2000 within 0.1 s"
POOLS = {"web": "web.1", "scoring": "scoring", "persistence": "persistence", "control": "control"}
SERVERS = {"NATS": "nats-server", "Redis": "redis-server", "PostgreSQL": "postgres"}
UNKNOWN = "not measured"


@dataclass(frozen=True, slots=True)
class Measured:
    """Medians over the rounds, by figure."""

    session: dict[str, float]  # 500 answers a second
    burst: dict[str, float]  # as many as there can be
    join: dict[str, float]

    @classmethod
    def read(cls, folder: Path) -> Measured:
        """From `session.json` and `join.json`."""
        sessions = json.loads((folder / "session.json").read_text())["rounds"]
        (joins,) = json.loads((folder / "join.json").read_text())["rounds"].values()
        return cls(_middle(sessions[SHAPE]), _middle(sessions.get(BURST, [])), _middle(joins))

    def cpu_s(self, process: str) -> float | None:
        """Of one answer."""
        return _per_answer(self.session, f"cpu_s_per_1000 {process}")


def _middle(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {figure: median(one[figure] for one in rounds) for figure in rounds[0]} if rounds else {}


def _per_answer(figures: dict[str, float], name: str) -> float | None:
    per_1000 = figures.get(name)
    return None if per_1000 is None else per_1000 / 1000


def processes(measured: Measured) -> dict[str, int]:
    """How many of each pool: gateways by what needs most of them."""
    found = {}
    for pool, process in POOLS.items():
        cpu_s = measured.cpu_s(process) or 0.0
        found[pool] = math.ceil(cpu_s * ANSWERS_PER_S / HEADROOM)
    found["web"] = max(found["web"], _by_joins(measured), math.ceil(PARTICIPANTS / CONNECTIONS))
    return found


def _by_joins(measured: Measured) -> int:
    return math.ceil(
        PARTICIPANTS / EVERYBODY_IN_S * measured.join["gateway_cpu_ms_per_join"] / 1000 / HEADROOM
    )


def tables(measured: Measured) -> str:
    """The page's tables, Markdown."""
    return "\n".join(
        [*_pools(measured), "", *_servers(measured), "", *_rest(measured), "", *_alone(measured)]
    )


def _pools(measured: Measured) -> list[str]:
    lines = [
        "### Processes",
        "",
        f"| Pool | CPU of an answer | x {ANSWERS_PER_S:,} / s | Processes at {HEADROOM:.0%} of a core |",
        "|---|---|---|---|",
    ]
    for pool, process in POOLS.items():
        cpu_s = measured.cpu_s(process) or 0.0
        cores = cpu_s * ANSWERS_PER_S
        lines.append(
            f"| {pool} | {cpu_s * 1e6:,.0f} µs | {cores:,.1f} cores | {math.ceil(cores / HEADROOM)} |"
        )
    join_ms, needed = measured.join["gateway_cpu_ms_per_join"], processes(measured)
    joins = PARTICIPANTS / EVERYBODY_IN_S
    lines += [
        f"| web, while all join within two minutes | {join_ms:,.1f} ms of a join | {joins:,.0f} joins / s = "
        f"{joins * join_ms / 1000:,.1f} cores | {_by_joins(measured)} |",
        f"| web, at most {CONNECTIONS:,} connections each | | {PARTICIPANTS:,} / {CONNECTIONS:,} | "
        f"{math.ceil(PARTICIPANTS / CONNECTIONS)} |",
        f"| **all**, with the most that web needs | | | **{sum(needed.values())}** |",
    ]
    return lines


def _servers(measured: Measured) -> list[str]:
    asked = {
        "NATS": (
            f"{_rate(measured, 'nats_stored_per_1000')} messages stored / s, each waits for the disk; "
            f"{_bytes(measured, 'nats_disk_bytes_per_1000')} to the disk; x {REPLICAS} for {REPLICAS} replicas"
        ),
        "Redis": f"{_rate(measured, 'redis_commands_per_1000')} commands / s, those of scripts too; {_bytes(measured, 'redis_bytes_per_1000')} of network",
        "PostgreSQL": (
            f"{_rate(measured, 'postgres_commits_per_1000')} commits / s, "
            f"{_bytes(measured, 'postgres_wal_bytes_per_1000')} of WAL, "
            f"{_bytes(measured, 'postgres_answers_bytes_per_1000')} of rows and indexes"
        ),
    }
    lines = [
        "### Servers",
        "",
        f"| Server | CPU of an answer | x {ANSWERS_PER_S:,} / s | What it is asked for |",
        "|---|---|---|---|",
    ]
    for server, process in SERVERS.items():
        cpu_s = measured.cpu_s(process)
        cells = (
            (UNKNOWN, "")
            if cpu_s is None
            else (f"{cpu_s * 1e6:,.0f} µs", f"{cpu_s * ANSWERS_PER_S:,.1f} cores")
        )
        lines.append(f"| {server} | {cells[0]} | {cells[1]} | {asked[server]} |")
    return lines


def _rate(measured: Measured, name: str) -> str:
    each = _per_answer(measured.session, name)
    return UNKNOWN if each is None else f"{each * ANSWERS_PER_S:,.0f}"


def _bytes(measured: Measured, name: str) -> str:
    each = _per_answer(measured.session, name)
    return UNKNOWN if each is None else f"{each * ANSWERS_PER_S / 1e6:,.1f} MB / s"


def _rest(measured: Measured) -> list[str]:
    lines = ["### Memory, network, bursts", "", "| What | Arithmetic | |", "|---|---|---|"]
    kb = measured.join.get("memory_kb_per_participant", measured.session.get("memory_kb_per_participant"))
    if kb is not None:
        total = kb * PARTICIPANTS / 2**20
        lines.append(
            f"| memory of connections | {kb:,.0f} KB x {PARTICIPANTS:,} | {total:,.0f} GiB over all gateways, "
            f"{kb * CONNECTIONS / 1024:,.0f} MiB of {CONNECTIONS:,} |"
        )
    received = measured.session.get("received_bytes_per_answer")
    if received is not None:
        bits = received * 8 * ANSWERS_PER_S
        gateways = processes(measured)["web"]
        lines.append(
            f"| network to participants: question, ack, result, boards | {received / 1000:,.1f} KB an answer x "
            f"{ANSWERS_PER_S:,} / s | {bits / 1e9:,.1f} Gbit/s, {bits / gateways / 1e6:,.0f} Mbit/s a gateway |"
        )
    cpu_s = _per_answer(measured.burst, f"cpu_s_per_1000 {POOLS['web']}")
    if cpu_s is not None:
        needed = processes(measured)["web"]
        lines.append(
            f"| a burst of {BURST_PER_S:,} answers a second | {cpu_s * 1e6:,.0f} µs an answer in bursts x {BURST_PER_S:,} / s | "
            f"{BURST_PER_S * cpu_s:,.0f} of {needed} gateway cores; what scoring does not take at once waits on disk |"
        )
    return lines


def _alone(measured: Measured) -> list[str]:
    """Participants that one of each carries, the fewest first: this is the order in which things break."""
    per_participant = ANSWERS_PER_S / PARTICIPANTS
    carried = {}
    for name, process in {**POOLS, **SERVERS}.items():
        cpu_s = measured.cpu_s(process)
        if cpu_s:
            what = f"{name}, one core for answers at {HEADROOM:.0%}"
            carried[what] = HEADROOM / cpu_s / per_participant
    join_s = measured.join["gateway_cpu_ms_per_join"] / 1000
    carried["web, one core while all join within two minutes"] = HEADROOM / join_s * EVERYBODY_IN_S
    lines = ["### What one of each carries", "", "| One | Participants |", "|---|---|"]
    for what, people in sorted(carried.items(), key=lambda one: one[1]):
        lines.append(f"| {what} | {people:,.0f} |")
    return lines
