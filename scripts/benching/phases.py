"""Where the time of a question goes: how long each part of it takes, and whose CPU it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean, median
from typing import Any

from rich.table import Table

__all__ = ["CPU_OF_PART", "PARTS", "parts", "parts_table", "stops"]

PARTS = ("opening", "answering", "closing")
"""From the order to the last who has the question; to the last ack; to the last board, and of CPU until all is stored."""

CPU_OF_PART = "_cpu_ms "
STOPS = {
    "ack": "last_ack_at",
    "close answered": "closed_at",
    "last result": "results_at",
    "last board": "boards_at",
}
"""What follows a session's last answer, in the words of the crowd's report; of what everybody gets the last counts."""


def stops(sessions: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Milliseconds from a session's last answer to each stop, the mean over the sessions."""
    return {
        f"after_last_answer_ms {name}": mean(
            (max(at) if isinstance(at := one[stop], list) else at) - one["last_sent_at"] for one in sessions
        )
        * 1000
        for name, stop in STOPS.items()
    }


def parts(line: Mapping[str, Any], stored: Mapping[str, float]) -> dict[str, float]:
    """Milliseconds of each part of a question, and of CPU of each process in it: of the crowd's report and the CPU when all is stored."""
    sessions = line["sessions"]
    at = [
        line["opened_at"],
        max(one["last_shown_at"] for one in sessions),
        max(one["last_ack_at"] for one in sessions),
        max(max(one["boards_at"]) for one in sessions),
    ]
    *marks, heard = line["cpu_s"]
    marks.append(heard | stored)
    found = {}
    for number, part in enumerate(PARTS):
        found[f"{part}_ms"] = (at[number + 1] - at[number]) * 1000
        for name in heard:
            found[f"{part}{CPU_OF_PART}{name}"] = (marks[number + 1][name] - marks[number][name]) * 1000
    return found


def parts_table(rounds: Mapping[str, Sequence[Mapping[str, float]]]) -> Table:
    """By shape and part, the medians."""
    first = next(iter(rounds.values()))[0]
    names = [
        figure.partition(CPU_OF_PART)[2] for figure in first if figure.startswith(f"opening{CPU_OF_PART}")
    ]
    table = Table("Shape", "Part", "ms", *names, title="a question: ms of its parts, and ms of CPU in them")
    for shape, each in rounds.items():
        for number, part in enumerate(PARTS):
            figures = (f"{part}_ms", *(f"{part}{CPU_OF_PART}{name}" for name in names))
            cells = (f"{median(one[figure] for one in each):,.0f}" for figure in figures)
            table.add_row("" if number else shape, part, *cells)
    return table
