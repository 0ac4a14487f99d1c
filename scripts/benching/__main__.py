"""`scripts/bench`."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scripts.benching.bench import Bench
from scripts.benching.board import board
from scripts.benching.broker import broker
from scripts.benching.fanout import fanout
from scripts.benching.flood import flood
from scripts.benching.ingest import ingest
from scripts.benching.insert import insert
from scripts.benching.join import join
from scripts.benching.phases import CPU_OF_PART
from scripts.benching.scoring import scoring
from scripts.benching.session import session
from scripts.benching.stuck import stuck

BENCHES: dict[str, Callable[..., None]] = {
    way.__name__: way for way in (fanout, ingest, scoring, broker, insert, board, join, session, flood, stuck)
}


def main() -> int:
    """Run what was asked for; 0 whatever the figures are, since they are read by people. 1 when one of several broke."""
    parsed = _parser().parse_args()
    _allow_sockets()
    chosen = list(BENCHES) if parsed.bench == "all" else [parsed.bench]
    benches, failed = [], []
    for name in chosen:
        print(f"bench: {name}", file=sys.stderr, flush=True)
        began_at = time.monotonic()
        try:
            bench = _run(name, parsed)
        except Exception:
            if len(chosen) == 1:
                raise
            traceback.print_exc()
            failed.append(name)
            continue
        benches.append(bench)
        _show(bench, Console(width=140))
        if parsed.quick:
            print("A quick run decides nothing: it shows that the bench works. Verdicts need the whole one.")
        print(f"bench: {name} took {time.monotonic() - began_at:.0f} s", file=sys.stderr, flush=True)
        if parsed.json is not None and parsed.json.is_dir():
            (parsed.json / f"{name}.json").write_text(json.dumps(bench.as_json(), indent=1) + "\n")
    if parsed.json is not None and not parsed.json.is_dir():
        found = [bench.as_json() for bench in benches]
        parsed.json.write_text(json.dumps(found[0] if len(found) == 1 else found, indent=1) + "\n")
    if failed:
        print(f"bench: {', '.join(failed)} failed", file=sys.stderr)
    return 1 if failed else 0


def _run(name: str, parsed: argparse.Namespace) -> Bench:
    quick, rounds = (
        " --quick" if parsed.quick else "",
        f" --rounds {parsed.rounds}" if parsed.rounds else "",
    )
    shape = "" if parsed.shape is None else f' --shape "{parsed.shape}"'
    bench = Bench(name, f"scripts/bench {name}{quick}{rounds}{shape}", only=parsed.shape)
    bench.profile = None if parsed.profile is None else parsed.profile / name
    BENCHES[name](bench, quick=parsed.quick, rounds=parsed.rounds or (1 if parsed.quick else 3))
    return bench


def _allow_sockets() -> None:
    """As many as the machine lets us have, for all that is started from here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # macOS calls it unlimited, and refuses that
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _show(bench: Bench, console: Console) -> None:
    figures = Table("Contestant", "Figure", "Median", "Lowest", "Highest", title=f"{bench.name}: as measured")
    for contestant, rounds in bench.rounds.items():
        for number, figure in enumerate(one for one in rounds[0] if CPU_OF_PART not in one):
            values = [measured[figure] for measured in rounds]
            cells = [
                f"{value:,.3g}" if value < 100 else f"{value:,.0f}"
                for value in (bench.middle(contestant, figure), min(values), max(values))
            ]
            figures.add_row("" if number else contestant, figure, *cells)
    for table in (figures, *bench.tables):
        console.print(table)
    verdict = Table("Target", "Wanted", "Measured", "", title=f"{bench.name}: verdict")
    for target in bench.targets:
        sign = "≥" if target.at_least else "≤"
        verdict.add_row(
            target.what,
            "" if target.wanted is None else f"{sign} {target.wanted:g} {target.unit}",
            f"{target.value:,.3g} {target.unit}",
            "" if target.wanted is None else "reached" if target.reached else "missed",
        )
    console.print(verdict)
    for note in bench.notes:
        console.print(f"  • {note}", markup=False, highlight=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures the hot paths beside other ways to do the same, in turn, in one run. Starts all it "
        "needs on free ports of 127.0.0.1. Figures hold for this machine; ratios travel better.",
    )
    parser.add_argument("bench", choices=[*BENCHES, "all"])
    parser.add_argument("--quick", action="store_true", help="less than a minute, for a first look")
    parser.add_argument("--rounds", type=int, help="rounds that count (3; 1 with --quick)")
    parser.add_argument(
        "--shape", metavar="SHAPE", help='of session: only this one, such as "1 x 500 within 1 s"'
    )
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="write the figures of every round there; into a folder, a file for each bench",
    )
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="FOLDER",
        help="of join and session: where our processes spend their time",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
