"""`quizwire bench`: the benchmark of the checkout that this installation runs from."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from web.console.verbs import Commands

__all__ = ["add"]

ROOT = Path(__file__).parents[2]


def add(commands: Commands) -> None:
    """Declare it."""
    bench = commands.add_parser(
        "bench", help="Measure the hot paths: what scripts/bench does.", add_help=False
    )
    bench.add_argument("arguments", nargs=argparse.REMAINDER)
    bench.set_defaults(alone=_bench)


def _bench(parsed: argparse.Namespace) -> int:
    script = ROOT / "scripts" / "bench"
    if not script.exists():
        print("quizwire: the benchmark is in a checkout of the project, at scripts/bench", file=sys.stderr)
        return 1
    return subprocess.call([str(script), *parsed.arguments])
