"""What a benchmark finds: figures of contestants, round by round, and how they compare.

Contestants take turns within every round, so that whatever slows the machine down for a while slows down all of them.
What is compared is the median of the rounds' ratios, never figures of different rounds.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.table import Table

from scripts.benching.wanted import WANTED

__all__ = ["BUSY", "Bench", "Contestant", "Target", "compete"]

Measured = Mapping[str, float]
BUSY = 0.85
"""A load side that was busier than this may have been what was measured: such figures are refused."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to do the work: `run` does it once and says how it went."""

    name: str
    run: Callable[[], Measured]


@dataclass(frozen=True, slots=True)
class Target:
    """One line of the verdict. With nothing wanted the value is there to be known."""

    what: str
    value: float
    wanted: float | None
    at_least: bool = True  # else: at most
    unit: str = "x"

    @property
    def reached(self) -> bool:
        """Whether the value is as good as wanted."""
        if self.wanted is None:
            return True
        return self.value >= self.wanted if self.at_least else self.value <= self.wanted


@dataclass(slots=True)
class Bench:
    """One benchmark's outcome."""

    name: str
    command: str
    rounds: dict[str, list[dict[str, float]]] = field(default_factory=dict)  # contestant → figures by round
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)  # more to show of the rounds
    only: str | None = None  # of the contestants; None: all
    profile: Path | None = None  # where the profiles of our processes go; None: not profiled
    measured_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def record(self, contestant: str, measured: Measured) -> None:
        """One round of a contestant that counts."""
        self.rounds.setdefault(contestant, []).append(dict(measured))

    def judge(self, what: str, value: float) -> None:
        """Hold a figure against what `wanted.py` says of it. Raises KeyError when that says nothing."""
        wanted = WANTED[self.name, what]
        self.targets.append(Target(what, value, wanted.limit, wanted.at_least, wanted.unit))

    def wants(self, what: str) -> bool:
        """Whether anything is wanted of a figure."""
        return (self.name, what) in WANTED

    def middle(self, contestant: str, figure: str) -> float:
        """Median over the rounds."""
        return median(measured[figure] for measured in self.rounds[contestant])

    def ratio(self, ours: str, theirs: str, figure: str) -> float:
        """Median of ours/theirs, round by round."""
        pairs = zip(self.rounds[ours], self.rounds[theirs], strict=True)
        return median(mine[figure] / other[figure] for mine, other in pairs)

    def counts(self, what: str, *contestants: str) -> bool:
        """Whether a figure of these counts, or is refused because of a load side; then a note says so."""
        busy = {name: self.middle(name, "load_cpu_share") for name in contestants}
        busy = {name: share for name, share in busy.items() if share > BUSY}
        self.notes += [
            f"{what}: refused, since the load side of {name} was busy for {share:.0%} of the time"
            for name, share in busy.items()
        ]
        return not busy

    def as_json(self) -> dict[str, Any]:
        """Everything, with the machine it was measured on."""
        return {
            "bench": self.name,
            "command": self.command,
            "measured_at": self.measured_at,
            "machine": {
                "cores": os.cpu_count(),
                "python": platform.python_version(),
                "system": f"{platform.system()} {platform.machine()}",
                "load": os.getloadavg()[0],
            },
            "targets": [{**asdict(target), "reached": target.reached} for target in self.targets],
            "rounds": self.rounds,
            "notes": self.notes,
        }


def compete(bench: Bench, contestants: Sequence[Contestant], rounds: int) -> None:
    """Let all of them run in every round, after one round that does not count."""
    for number in range(rounds + 1):
        for contestant in contestants:
            measured = contestant.run()
            if number:
                bench.record(contestant.name, measured)
