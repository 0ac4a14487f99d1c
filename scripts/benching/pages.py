"""Puts what was measured into the pages of `docs/`: `python -m scripts.benching.pages`, from `docs/benchmarks/*.json`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from scripts.benching.capacity import Measured, tables

__all__ = ["CAPACITY", "FIGURES", "RESULTS", "measured", "verdicts"]

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "benchmarks"
FIGURES = ROOT / "docs" / "reference" / "benchmarks.md"
CAPACITY = ROOT / "docs" / "capacity.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def measured(folder: Path = RESULTS) -> list[dict[str, Any]]:
    """Every committed measurement."""
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]


def verdicts(benches: list[dict[str, Any]]) -> str:
    """A table for each bench: what was wanted, what was measured. Markdown."""
    lines: list[str] = []
    for bench in benches:
        machine = bench["machine"]
        lines += [
            f"### {bench['bench']}",
            "",
            f"`{bench['command']}`, {bench['measured_at'][:10]}, {machine['cores']} cores, Python {machine['python']}, "
            f"load {machine['load']:.1f} at the end. [Every round](../benchmarks/{bench['bench']}.json).",
            "",
            "| Target | Wanted | Measured | |",
            "|---|---|---|---|",
        ]
        for target in bench["targets"]:
            sign, unit = "≥" if target["at_least"] else "≤", target["unit"]
            lines.append(
                f"| {target['what']} | {sign} {target['wanted']:g} {unit} | {target['value']:,.3g} {unit} | "
                f"{'reached' if target['reached'] else '**missed**'} |"
            )
        lines += ["", *(f"- {note}" for note in dict.fromkeys(bench["notes"])), ""]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def main() -> None:
    """Write both pages anew."""
    for page, text in ((FIGURES, verdicts(measured())), (CAPACITY, tables(Measured.read(RESULTS)))):
        before, _, rest = page.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


if __name__ == "__main__":
    main()
