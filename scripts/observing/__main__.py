"""`scripts/dashboards`: write everything that is made from the metrics, and the page of error codes; or see what shows data."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scripts.observing.boards import BOARDS
from scripts.observing.errors import errors_page
from scripts.observing.reference import metrics_page
from scripts.observing.seen import empty_panels

__all__ = ["made"]

ROOT = Path(__file__).parents[2]


def made() -> dict[Path, str]:
    """Every file, with its content."""
    dashboards = {ROOT / f"deploy/grafana/{board.uid}.json": board.as_json() for board in BOARDS}
    pages = {"metrics.md": metrics_page(), "errors.md": errors_page()}
    return {**{ROOT / "docs/reference" / name: text for name, text in pages.items()}, **dashboards}


def main() -> int:
    """Overwrite what is committed, or ask a Prometheus; 1 when a panel of it is empty."""
    parsed = _arguments()
    if parsed.check is not None:
        return _check(parsed.check.rstrip("/"), parsed.window)
    for path, content in made().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    return 0


def _check(url: str, window: str) -> int:
    """Name every panel without data."""
    try:
        empty = empty_panels(url, window)
    except OSError as error:
        print(f"quizwire: no Prometheus answers at {url} ({error})", file=sys.stderr)
        return 1
    total = sum(1 for board in BOARDS for _ in board.queries())
    print(f"{total - len(empty)} of {total} queries show data")
    for board, panel, query in empty:
        print(f"nothing: {board}, {panel}: {query}")
    return int(bool(empty))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/dashboards", description="Make dashboards and reference pages anew from the code."
    )
    parser.add_argument(
        "--check", metavar="URL", help="make nothing: ask this Prometheus which panels show data"
    )
    parser.add_argument("--window", default="1m", help="with --check: the window of rates (1m)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
