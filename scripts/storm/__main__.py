"""`scripts/loginstorm`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from db import users
from db.pool import Pool
from scripts.simulation.options import Options
from scripts.simulation.report import Latency, Report
from scripts.simulation.run import Simulation
from scripts.storm.site import StormSite
from web.passwords import hash_here

PASSWORD = "a password for the storm"


@dataclass(slots=True)
class Round:
    """One session that was played."""

    began_at: float  # Unix time, first question
    ended_at: float  # … last question closed
    report: Report
    statuses: Counter[str] = field(default_factory=Counter)  # of logins
    took_s: list[float] = field(default_factory=list)


def main() -> int:
    """Play the session in turn without and with a storm at each question; 0 when every ledger is clean."""
    parsed = _parser().parse_args()
    addresses = [f"storm{number}@example.test" for number in range(parsed.logins)]
    rounds: list[tuple[bool, Round]] = []
    with StormSite() as site:
        pool = Pool(site.environment["DATABASE_URL"], 1)
        password_hash = hash_here(PASSWORD)
        for address in addresses:
            pool.call(users.create, address, password_hash, "Storm")
        pool.close()
        asyncio.run(_play(site, parsed, []))  # warms everything up
        for _ in range(parsed.rounds):
            for stormy in (False, True):
                rounds.append((stormy, asyncio.run(_play(site, parsed, addresses if stormy else []))))
    _show(rounds, site.samples, parsed)
    return 0 if all(played.report.clean for _, played in rounds) else 1


async def _play(site: StormSite, parsed: argparse.Namespace, addresses: list[str]) -> Round:
    options = Options(
        urls=(site.url,),
        participants=parsed.participants,
        questions=parsed.questions,
        pace="realistic",
        thinking_s=(0.2, parsed.thinking),
        reveal_s=0.5,
    )
    people = None
    if addresses:
        people = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "scripts.storm.people", site.url, PASSWORD, *addresses),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**22,
        )
    statuses: Counter[str] = Counter()
    took_s: list[float] = []
    times: list[float] = []

    async def storm(index: int) -> None:
        times.append(time.time())
        if people is None or people.stdin is None or people.stdout is None:
            return
        people.stdin.write(b"now\n")
        seen = json.loads(await people.stdout.readline())
        statuses.update(seen["statuses"])
        took_s.extend(seen["took_s"])

    simulation = Simulation(
        options, site.environment["DATABASE_URL"], site.environment["REDIS_URL"], on_question=storm
    )
    report = await simulation.run()
    if people is not None and people.stdin is not None:
        people.stdin.close()
        await people.wait()
    return Round(times[0], times[0] + report.wall_s, report, statuses, took_s)


def _show(
    rounds: list[tuple[bool, Round]], samples: list[tuple[float, float]], parsed: argparse.Namespace
) -> None:
    title = (
        f"{parsed.participants} participants, {parsed.questions} questions, {parsed.logins} logins at each"
    )
    table = Table("Storm", "Event loop late", "Ack", "Login", "Ledger", title=title)
    for stormy, played in rounds:
        late = [late for at, late in samples if played.began_at <= at <= played.ended_at]
        logins = f"{Latency.of(played.took_s)} {dict(played.statuses)}" if stormy else ""
        table.add_row(
            "yes" if stormy else "no",
            f"{Latency.of(late)} · max {max(late, default=0) * 1000:.1f} ms",
            str(played.report.ack),
            logins,
            "clean" if played.report.clean else "NOT CLEAN",
        )
    Console(width=240).print(table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/loginstorm",
        description="What many logins at once do to a session: own servers, one gateway, the same session in turn "
        "without and with a storm of logins at each question.",
    )
    parser.add_argument("--participants", type=int, default=200)
    parser.add_argument("--logins", type=int, default=200, help="at once, at the opening of each question")
    parser.add_argument("--questions", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=2, help="of each kind")
    parser.add_argument("--thinking", type=float, default=4.0, metavar="S", help="longest time to an answer")
    return parser


if __name__ == "__main__":
    sys.exit(main())
