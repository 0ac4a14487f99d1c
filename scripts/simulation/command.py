"""The command line of `scripts/simulate`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
from collections.abc import Sequence
from pathlib import Path

import httpx
import rich.progress
from rich.console import Console

from client import ApiError
from scripts.servers import PostgresServer, RedisServer, Server
from scripts.simulation.options import Options
from scripts.simulation.report import Report
from scripts.simulation.run import Simulation
from scripts.simulation.sources import OtherSite
from scripts.simulation.visit import Visit

__all__ = ["allow_files", "main"]


DEFAULT_URL = "http://127.0.0.1:8000"
"""Where no run folder says anything else."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a simulation; 0 when the ledger is clean, 1 when anything disagrees, 2 when it could not be played."""
    parsed = _parser().parse_args(arguments)
    parsed.url = parsed.url or _gateways()
    console = Console(stderr=True)
    database_url = _url(parsed.database_url, "DATABASE_URL", PostgresServer, "postgres")
    redis_url = _url(parsed.redis_url, "REDIS_URL", RedisServer, "redis")
    if parsed.join is None and (database_url is None or redis_url is None):
        console.print(
            "Give --database-url and --redis-url, or set DATABASE_URL and REDIS_URL, or QUIZWIRE_HOME to the "
            "folder that scripts/up runs in: the ledger compares them."
        )
        return 2
    if parsed.import_file is not None and not parsed.import_file.is_file():
        console.print(
            f"There is no file {parsed.import_file}: give --import a file of questions.", markup=False
        )
        return 2
    allow_files(parsed.participants + 256)
    try:
        report = asyncio.run(_run(_options(parsed), database_url, redis_url, console))
    except httpx.ConnectError:
        urls = ", ".join(parsed.url)
        console.print(f"Nothing answers at {urls}: is scripts/up running, and on that port?", markup=False)
        return 2
    except OtherSite as error:
        console.print(f"Could not be audited: {error}", markup=False)
        return 2
    except ApiError as error:
        console.print(f"Could not be played ({error.status} {error.code}): {error.detail}", markup=False)
        return 2
    except (ConnectionError, ChildProcessError, httpx.TransportError) as error:
        console.print(f"Could not be played: {type(error).__name__}: {error}", markup=False)
        return 2
    except KeyboardInterrupt:
        return 130
    report.show(Console())
    if parsed.json is not None:
        parsed.json.write_text(json.dumps(report.as_json(), indent=2) + "\n")
    return 0 if report.clean else 1


async def _run(options: Options, database_url: str | None, redis_url: str | None, console: Console) -> Report:
    simulation: Simulation | Visit
    if options.join_code is not None:
        simulation = Visit(options, options.join_code, database_url, redis_url)
    else:
        assert database_url is not None and redis_url is not None
        simulation = Simulation(options, database_url, redis_url)
    with rich.progress.Progress(
        rich.progress.TextColumn("{task.description:<10}"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as bars:
        watching = asyncio.get_running_loop().create_task(_watch(simulation, bars))
        try:
            return await simulation.run()
        finally:
            watching.cancel()


async def _watch(simulation: Simulation | Visit, bars: rich.progress.Progress) -> None:
    joined, answers = bars.add_task("joining"), bars.add_task("answers", visible=False)
    while True:
        now = simulation.progress
        bars.update(joined, completed=now.joined, total=now.participants)
        bars.update(
            answers,
            description=now.stage,
            completed=now.answers,
            total=now.expected,
            visible=now.stage not in ("preparing", "joining"),
        )
        await asyncio.sleep(0.1)


def _options(parsed: argparse.Namespace) -> Options:
    return Options(
        urls=tuple(parsed.url),
        participants=parsed.participants,
        questions=parsed.questions,
        pacing=parsed.pacing,
        scoring=parsed.scoring,
        streak_bonus=parsed.streak_bonus,
        penalty_percent=parsed.penalty_percent,
        pace=parsed.pace or ("full" if parsed.join is None else "realistic"),
        thinking_s=tuple(parsed.thinking),
        seed=parsed.seed,
        processes=parsed.processes,
        email=parsed.email,
        password=parsed.password,
        join_code=parsed.join,
        quiz_id=parsed.quiz,
        import_file=parsed.import_file,
        patience_s=parsed.patience,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/simulate",
        description="Play a session with many participants over real WebSockets, then audit every answer.",
        epilog="Exit status: 0 clean, 1 when anything disagrees, 2 when the session could not be played.",
    )
    server = parser.add_argument_group("where")
    server.add_argument(
        "--url",
        action="append",
        type=_gateway,
        metavar="URL",
        help=f"a gateway; repeat for several (default: those of the run folder, else {DEFAULT_URL})",
    )
    server.add_argument(
        "--database-url", metavar="URL", help="for the ledger (default: DATABASE_URL, or the run folder's)"
    )
    server.add_argument(
        "--redis-url", metavar="URL", help="for the ledger (default: REDIS_URL, or the run folder's)"
    )
    content = parser.add_argument_group("what")
    content.add_argument("--email", help="the host's account (default: registers a fresh one)")
    content.add_argument("--password", help="of that account")
    quiz = content.add_mutually_exclusive_group()
    quiz.add_argument(
        "--join",
        type=_code,
        metavar="CODE",
        help="join a session that somebody runs, from the host's page say, and stay until it ends",
    )
    quiz.add_argument("--quiz", metavar="ID", help="a quiz of that account")
    quiz.add_argument(
        "--import",
        dest="import_file",
        type=Path,
        metavar="FILE",
        help="an OpenTriviaQA file (default: the demo quiz)",
    )
    content.add_argument("--questions", type=_positive, metavar="N", help="play the first N, then end")
    content.add_argument("--pacing", choices=("host", "self"), default="host")
    content.add_argument("--scoring", choices=("flat", "speed", "linear"), default="flat")
    content.add_argument("--streak-bonus", action="store_true", help="answers right in a row earn more")
    content.add_argument(
        "--penalty-percent", type=int, default=0, metavar="N", help="what a wrong answer costs, 0 to 100"
    )
    crowd = parser.add_argument_group("who")
    crowd.add_argument("--participants", type=_positive, default=100, metavar="N")
    crowd.add_argument(
        "--pace",
        choices=("full", "realistic"),
        help="answer at once (default), or think first (default with --join)",
    )
    crowd.add_argument(
        "--thinking",
        type=float,
        nargs=2,
        default=(0.5, 6.0),
        metavar=("MIN", "MAX"),
        help="seconds, realistic pace",
    )
    crowd.add_argument("--seed", type=int, default=1, help="the same seed plays the same answers")
    crowd.add_argument(
        "--processes", type=_positive, default=1, metavar="K", help="spread the crowd over K processes"
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=30.0,
        metavar="S",
        help="seconds to wait for the last answers to be stored",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured to FILE")
    return parser


def _gateway(text: str) -> str:
    """An address with its scheme."""
    if not text.startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text!r} has no scheme: write http://{text}")
    return text


def _code(text: str) -> str:
    """A join code as people write it: `482 913`."""
    code = "".join(text.split())
    if not code.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no join code: it is a number of six digits or more")
    return code


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def _gateways() -> list[str]:
    """The gateways that `scripts/up` last ran in this run folder: the ledger reads its databases."""
    try:
        urls = (Path(os.environ.get("QUIZWIRE_HOME", ".quizwire")) / "gateways").read_text().split()
    except OSError:
        urls = []
    return urls or [DEFAULT_URL]


def _url(option: str | None, variable: str, kind: type[Server], folder: str) -> str | None:
    """What the option says, else the environment, else the server that `scripts/up` keeps in its run folder."""
    given = option or os.environ.get(variable)
    if given:
        return given
    server = kind(Path(os.environ.get("QUIZWIRE_HOME", ".quizwire")) / folder)
    try:
        server.port = int((server.folder / "port").read_text())
        server.password = (server.folder / "password").read_text()
    except (OSError, ValueError):
        return None
    return server.url


def allow_files(wanted: int) -> None:
    """One socket per participant: raise the soft limit of open files as far as needed and allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
        )
