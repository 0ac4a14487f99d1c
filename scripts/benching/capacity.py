"""From what one process was measured to do to what 500,000 participants need.

All of it is division; what is assumed is named in the tables.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

__all__ = ["Measured", "tables"]

PARTICIPANTS = 500_000
ANSWERS_PER_S = 25_000
BURST_PER_S = 100_000
HEADROOM = 0.6
"""No process is planned to be busier than this: half a pool may have to carry the other half's load for a moment."""

BOARD_ROW_BYTES = 75
QUESTION_S = 30
"""One question of a class, from opening to opening."""

SHAPE = "1 x 500 within 1 s"
POOLS = ("web.1", "scoring", "persistence", "control")


@dataclass(frozen=True, slots=True)
class Measured:
    """One process's figures."""

    cpu_s_per_answer: dict[str, float]  # by pool
    bytes_per_participant: float
    join_cpu_s: float

    @classmethod
    def read(cls, folder: Path) -> Measured:
        """From `session.json` and `join.json`: medians over the rounds."""
        session = _rounds(folder / "session.json")[SHAPE]
        (join,) = _rounds(folder / "join.json").values()

        def middle(rounds: list[dict[str, float]], figure: str) -> float:
            return median(one[figure] for one in rounds)

        return cls(
            {pool: middle(session, f"cpu_s_per_1000 {pool}") / 1000 for pool in POOLS},
            middle(session, "memory_kb_per_participant") * 1024,
            middle(join, "gateway_cpu_ms_per_join") / 1000,
        )


def tables(measured: Measured) -> str:
    """The page's tables, Markdown."""
    lines = [
        f"For {PARTICIPANTS:,} connected participants in sessions of 500, {ANSWERS_PER_S:,} answers a second:",
        "",
        "| Pool | Measured: CPU per answer | x 25,000 / s | Processes at 60 % of a core |",
        "|---|---|---|---|",
    ]
    total = 0
    for pool, cpu_s in measured.cpu_s_per_answer.items():
        cores = cpu_s * ANSWERS_PER_S
        processes = math.ceil(cores / HEADROOM)
        total += processes
        lines.append(
            f"| {pool.partition('.')[0]} | {cpu_s * 1e6:,.0f} µs | {cores:,.1f} cores | {processes} |"
        )
    memory = measured.bytes_per_participant * PARTICIPANTS
    joins = HEADROOM / measured.join_cpu_s
    board = PARTICIPANTS * 500 * BOARD_ROW_BYTES / QUESTION_S
    lines += [
        f"| all | | | {total} |",
        "",
        "| What | Arithmetic | |",
        "|---|---|---|",
        f"| memory of connections | {measured.bytes_per_participant / 1024:,.0f} KB x {PARTICIPANTS:,} | "
        f"{memory / 2**30:,.0f} GiB over all gateways |",
        f"| joins of one gateway process | {HEADROOM:g} s / {measured.join_cpu_s * 1000:,.1f} ms | {joins:,.0f} a second |",
        f"| everybody joins within two minutes | {PARTICIPANTS:,} / 120 s / {joins:,.0f} | "
        f"{math.ceil(PARTICIPANTS / 120 / joins)} gateway processes |",
        f"| network, final boards | {PARTICIPANTS:,} x 500 rows x {BOARD_ROW_BYTES} B / {QUESTION_S} s | "
        f"{board * 8 / 1e9:,.0f} Gbit/s |",
        f"| a burst of {BURST_PER_S:,} answers a second | {BURST_PER_S:,} / {ANSWERS_PER_S:,} | "
        f"{BURST_PER_S / ANSWERS_PER_S:g} times the sustained load, waiting on disk meanwhile |",
    ]
    return "\n".join(lines)


def _rounds(path: Path) -> Any:
    return json.loads(path.read_text())["rounds"]
