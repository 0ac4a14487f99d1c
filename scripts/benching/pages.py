"""Puts what was measured into the pages of `docs/`: `python -m scripts.benching.pages`, from `docs/benchmarks/*.json`.

The picture is drawn by the extra `bench` (matplotlib); the pages need nothing of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

from scripts.benching import pods
from scripts.benching.capacity import Measured, tables
from scripts.benching.phases import CPU_OF_PART, PARTS
from scripts.benching.picture import GROWTH, draw, says
from scripts.benching.wanted import ROWS, Wanted

__all__ = ["CAPACITY", "FIGURES", "RESULTS", "capacity", "figures", "measured"]

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "docs" / "benchmarks"
FIGURES = ROOT / "docs" / "reference" / "benchmarks.md"
CAPACITY = ROOT / "docs" / "capacity.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PROCESSES = {
    "web.1": "gateway",
    "scoring": "scoring",
    "persistence": "persistence",
    "control": "control",
    "background": "background",
    "nats-server": "nats-server",
    "redis-server": "Redis",
    "postgres": "PostgreSQL",
}
LATENCIES = ("ack_p50_ms", "ack_p99_ms", "result_p50_ms", "result_p99_ms", "board_p50_ms", "board_p99_ms")


def measured(folder: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """Every committed measurement, by bench."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))}


def figures(benches: dict[str, dict[str, Any]]) -> str:
    """All that the page of figures says of what was measured. Markdown."""
    parts = [*_targets(benches), "", *_made(benches)]
    if says(benches):
        parts += ["", f"![CPU and latency by participants and by sessions](../pictures/{GROWTH.name})"]
    if "session" in benches:
        parts += ["", *_sessions(benches["session"]["rounds"])]
    return "\n".join(parts)


def capacity() -> str:
    """All that the page of capacity says of what was measured. Markdown."""
    found = Measured.read(RESULTS)
    return f"{tables(found)}\n\n### A pod of each pool\n\n{pods.table(found)}"


def _targets(benches: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["| Path | Figure | Wanted | Measured | |", "|---|---|---|---|---|"]
    for row in ROWS:
        for number, wanted in enumerate(row.wanted):
            value = _value(benches, wanted)
            lines.append(
                f"| {'' if number else row.name} | {wanted.what} | {_limit(wanted)} | "
                f"{'not measured' if value is None else _with_unit(value, wanted.unit)} | {_verdict(wanted, value)} |"
            )
    return lines


def _value(benches: dict[str, dict[str, Any]], wanted: Wanted) -> float | None:
    targets = benches.get(wanted.bench, {}).get("targets", ())
    return next((float(one["value"]) for one in targets if one["what"] == wanted.what), None)


def _limit(wanted: Wanted) -> str:
    if wanted.limit is None:
        return ""
    return f"{'≥' if wanted.at_least else '≤'} {_with_unit(wanted.limit, wanted.unit)}"


def _verdict(wanted: Wanted, value: float | None) -> str:
    if value is None or wanted.limit is None:
        return ""
    reached = value >= wanted.limit if wanted.at_least else value <= wanted.limit
    return "reached" if reached else "**missed**"


def _with_unit(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{number} {unit}".strip()


def _made(benches: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["| Command | Date | Machine | Load at the end | Every round |", "|---|---|---|---|---|"]
    notes = []
    for name, bench in benches.items():
        machine = bench["machine"]
        lines.append(
            f"| `{bench['command']}` | {bench['measured_at'][:10]} | {machine['cores']} cores, Python {machine['python']} | "
            f"{machine['load']:.1f} | [{name}.json](../benchmarks/{name}.json) |"
        )
        notes += [f"- {name}: {note}" for note in dict.fromkeys(bench["notes"])]
    return [*lines, "", *notes] if notes else lines


def _sessions(rounds: dict[str, list[dict[str, float]]]) -> list[str]:
    """By shape: how long everything took, and what it cost each process."""
    shapes = {
        shape: {name: median(one[name] for one in all_of_it) for name in all_of_it[0]}
        for shape, all_of_it in rounds.items()
    }
    if not all(LATENCIES[-1] in found for found in shapes.values()):
        return []  # measured before there were all these figures
    lines = [
        "Whole sessions; ms, p50 / p99. Results and final boards count from the session's last answer.",
        "",
        "| Sessions | Answers/s | Ack | Result | Board | Errors | Sessions not clean |",
        "|---|---|---|---|---|---|---|",
    ]
    for shape, found in shapes.items():
        ack, result, board = (
            f"{found[f'{what}_p50_ms']:,.0f} / {found[f'{what}_p99_ms']:,.0f}"
            for what in ("ack", "result", "board")
        )
        lines.append(
            f"| {shape} | {found['answers_per_s']:,.0f} | {ack} | {result} | {board} | {found['errors']:g} | "
            f"{found['sessions_not_clean']:g} |"
        )
    lines += [
        "",
        "CPU seconds of 1,000 answers, from the question's opening to its final board. `ours` is what the target is about.",
        "",
        f"| Sessions | ours | {' | '.join(PROCESSES.values())} |",
        f"|---|---|{'---|' * len(PROCESSES)}",
    ]
    for shape, found in shapes.items():
        each = " | ".join(f"{found[f'cpu_s_per_1000 {name}']:.3f}" for name in PROCESSES)
        lines.append(f"| {shape} | {found['cpu_s_per_1000']:.2f} | {each} |")
    return lines + _parts(shapes)


def _parts(shapes: dict[str, dict[str, float]]) -> list[str]:
    """By shape: the parts of a question, how long they take, and whose CPU. Nothing of what was measured before there were parts."""
    names = {**PROCESSES, "load": "load"}
    lines = [
        "",
        "The parts of a question, and CPU in them; ms.",
        "",
        f"| Sessions | Part | ms | {' | '.join(names.values())} |",
        f"|---|---|---|{'---|' * len(names)}",
    ]
    head = len(lines)
    for shape, found in shapes.items():
        for part in PARTS:
            if f"{part}_ms" in found:
                each = " | ".join(f"{found[f'{part}{CPU_OF_PART}{name}']:,.0f}" for name in names)
                lines.append(f"| {shape} | {part} | {found[f'{part}_ms']:,.0f} | {each} |")
    return lines if len(lines) > head else []


def main() -> None:
    """Write both pages anew, and the picture."""
    benches = measured()
    for page, text in ((FIGURES, figures(benches)), (CAPACITY, capacity())):
        before, _, rest = page.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
    draw(benches)


if __name__ == "__main__":
    main()
