"""`scripts/drill`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from scripts.drilling.troubles import Flush, RollingRestart
from scripts.running.site import Site
from scripts.simulation.command import allow_files
from scripts.simulation.options import Options
from scripts.simulation.report import Latency, Report
from scripts.simulation.run import Simulation

QUESTIONS = 6


def main(arguments: Sequence[str] | None = None) -> int:
    """Play a session with a trouble in the middle; 0 when nobody missed anything and the ledger is clean."""
    parsed = _parser().parse_args(arguments)
    allow_files(parsed.participants + 256)
    console = Console()
    with Site(2) as site:
        trouble: RollingRestart | Flush = (
            RollingRestart(site) if parsed.trouble == "restart" else Flush(site.environment["REDIS_URL"])
        )
        simulation = _simulation(site, parsed, trouble)
        report = asyncio.run(simulation.run())
    report.show(console)
    expected = parsed.participants * QUESTIONS
    missed = expected - sum(len(record.attempts) for record in simulation.records)
    table = Table("What", "Measured", title=f"{parsed.trouble}, {parsed.participants} participants")
    table.add_row("questions missed", f"{missed} of {expected}")
    if isinstance(trouble, RollingRestart):
        for name, took_s in trouble.took_s.items():
            table.add_row(f"{name}, from SIGTERM to its end", f"{took_s:.1f} s")
    else:
        table.add_row("from FLUSHALL to a snapshot of what was rebuilt", _rebuilt(simulation, trouble))
    console.print(table)
    return 0 if report.clean and missed == 0 and _happened(simulation, report, trouble) else 1


def _happened(simulation: Simulation, report: Report, trouble: RollingRestart | Flush) -> bool:
    """Whether it was felt at all: everybody was on a gateway that went, or lost the epoch that was."""
    if isinstance(trouble, RollingRestart):
        return report.closes.get("4001", 0) >= len(simulation.records)
    return all(record.rebuilt_at is not None for record in simulation.records)


def _rebuilt(simulation: Simulation, flush: Flush) -> str:
    at = [record.rebuilt_at - (flush.at or 0) for record in simulation.records if record.rebuilt_at]
    return f"{min(at, default=0):.2f} s the first, {max(at, default=0):.2f} s the last ({Latency.of(at)})"


def _simulation(site: Site, parsed: argparse.Namespace, trouble: RollingRestart | Flush) -> Simulation:
    options = Options(
        urls=tuple(site.urls),
        participants=parsed.participants,
        questions=QUESTIONS,
        pace="realistic",
        thinking_s=(0.2, parsed.thinking),
        reveal_s=0.5,
        processes=parsed.processes,
    )
    return Simulation(
        options, site.environment["DATABASE_URL"], site.environment["REDIS_URL"], on_question=trouble
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/drill",
        description="Own servers, two gateways, one process of each pool, a session, and trouble in the middle of it.",
        epilog="Exit status: 0 when nobody missed a question and the ledger is clean, else 1.",
    )
    parser.add_argument(
        "trouble",
        choices=("restart", "flush"),
        help="restart: both gateways and every pool are restarted one by one, as in a deploy; "
        "flush: Redis loses everything",
    )
    parser.add_argument("--participants", type=int, default=500)
    parser.add_argument("--thinking", type=float, default=4.0, metavar="S", help="longest time to an answer")
    parser.add_argument("--processes", type=int, default=1, metavar="K", help="spread the crowd over K")
    return parser


if __name__ == "__main__":
    sys.exit(main())
