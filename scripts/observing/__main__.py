"""`scripts/dashboards`: write everything that is made from the metrics."""

from __future__ import annotations

from pathlib import Path

from scripts.observing.reference import metrics_page

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Overwrite what is committed."""
    (ROOT / "docs/reference/metrics.md").write_text(metrics_page())


if __name__ == "__main__":
    main()
