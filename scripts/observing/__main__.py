"""`scripts/dashboards`: write everything that is made from the metrics, and the page of error codes."""

from __future__ import annotations

from pathlib import Path

from scripts.observing.boards import BOARDS
from scripts.observing.errors import errors_page
from scripts.observing.reference import metrics_page

__all__ = ["made"]

ROOT = Path(__file__).parents[2]


def made() -> dict[Path, str]:
    """Every file, with its content."""
    dashboards = {ROOT / f"deploy/grafana/{board.uid}.json": board.as_json() for board in BOARDS}
    pages = {"metrics.md": metrics_page(), "errors.md": errors_page()}
    return {**{ROOT / "docs/reference" / name: text for name, text in pages.items()}, **dashboards}


def main() -> None:
    """Overwrite what is committed."""
    for path, content in made().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)


if __name__ == "__main__":
    main()
