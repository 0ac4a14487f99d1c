"""How cost and latency grow with participants and with sessions: `docs/pictures/growth.svg`, from the committed figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

__all__ = ["GROWTH", "draw", "says"]

GROWTH = Path(__file__).parents[2] / "docs" / "pictures" / "growth.svg"
BY_PEOPLE = {"100": "1 x 100 within 0.2 s", "500": "1 x 500 within 1 s", "2,000": "1 x 2000 within 4 s"}
BY_SESSIONS = {"1": "1 x 500 within 1 s", "4": "4 x 500 within 4 s", "16": "16 x 500 within 16 s"}
STACK = {
    "gateway": ("#1f5a9e", ("web.1",)),
    "scoring": ("#5795d3", ("scoring",)),
    "our other processes": ("#a9cbea", ("persistence", "control", "background")),
    "nats-server": ("#b4521c", ("nats-server",)),
    "Redis": ("#e38b45", ("redis-server",)),
    "PostgreSQL": ("#f3c79b", ("postgres",)),
}
LINES = {"ack": ("#1f5a9e", "o"), "result": ("#b4521c", "s"), "final board": ("#4f7a28", "^")}
FIGURE = {"ack": "ack_p99_ms", "result": "result_p99_ms", "final board": "board_p99_ms"}
TARGET_S = 0.4

Rounds = dict[str, list[dict[str, float]]]


def says(benches: dict[str, dict[str, Any]]) -> str | None:
    """What the picture was made of; None while something that it shows is not measured."""
    needed = {*BY_PEOPLE.values(), *BY_SESSIONS.values()}
    if "board" not in benches or not needed <= set(benches.get("session", {}).get("rounds", ())):
        return None
    return ", ".join(
        f"{benches[name]['command']}, {benches[name]['measured_at']}" for name in ("session", "board")
    )


def draw(benches: dict[str, dict[str, Any]], path: Path = GROWTH) -> None:
    """Draw it anew, or nothing while something is not measured."""
    made_of = says(benches)
    if made_of is None:
        return
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    style: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "quizwire",
        "font.family": "sans-serif",
        "font.size": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "grid.color": "#e4e4e4",
        "axes.axisbelow": True,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "figure.facecolor": "white",
    }
    rounds: Rounds = benches["session"]["rounds"]
    with pyplot.rc_context(style):
        figure, axes = pyplot.subplots(2, 3, figsize=(11, 6.4), layout="constrained")
        _cpu(
            axes[0, 0],
            rounds,
            BY_PEOPLE,
            "CPU seconds of 1,000 answers, 500 a second",
            "participants in one session",
        )
        _cpu(axes[0, 1], rounds, BY_SESSIONS, "", "sessions of 500")
        _latency(axes[1, 0], rounds, BY_PEOPLE, "99th percentile, ms", "participants in one session")
        _latency(axes[1, 1], rounds, BY_SESSIONS, "", "sessions of 500")
        _board(axes[1, 2], benches["board"]["rounds"])
        _share(axes[0, :2])
        _share(axes[1, :2])
        _legends(axes[0, 2], axes[0, 0], axes[1, 0])
        figure.savefig(path, format="svg", metadata={"Date": None, "Description": made_of})
        pyplot.close(figure)


def _middle(rounds: Rounds, shape: str, figure: str) -> float:
    return median(one[figure] for one in rounds[shape])


def _cpu(axes: Any, rounds: Rounds, shapes: dict[str, str], title: str, label: str) -> None:
    floor = [0.0] * len(shapes)
    for name, (colour, processes) in STACK.items():
        heights = [
            sum(_middle(rounds, shape, f"cpu_s_per_1000 {process}") for process in processes)
            for shape in shapes.values()
        ]
        axes.bar(
            list(shapes), heights, 0.6, floor, color=colour, edgecolor="white", linewidth=0.6, label=name
        )
        floor = [low + height for low, height in zip(floor, heights, strict=True)]
    axes.axhline(TARGET_S, color="#333333", linewidth=1, linestyle=(0, (4, 3)), label="target, ours (blue)")
    axes.set(title=title or " ", xlabel=label)


def _latency(axes: Any, rounds: Rounds, shapes: dict[str, str], title: str, label: str) -> None:
    for name, (colour, marker) in LINES.items():
        values = [_middle(rounds, shape, FIGURE[name]) for shape in shapes.values()]
        axes.plot(list(shapes), values, color=colour, marker=marker, label=name, linewidth=1.6)
    axes.set(title=title or " ", xlabel=label, yscale="log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")
    axes.margins(x=0.15, y=0.15)
    axes.set_ylim(bottom=1)


def _board(axes: Any, rounds: Rounds) -> None:
    rooms = {name.removeprefix("a room of "): _middle(rounds, name, "cpu_us_per_frame") for name in rounds}
    bars = axes.bar(list(rooms), list(rooms.values()), 0.6, color="#1f5a9e")
    axes.bar_label(bars, fmt="%.1f", padding=2)
    axes.set(title="CPU of a board frame, one entry changed, µs", xlabel="participants in the room")
    axes.margins(y=0.15)


def _legends(axes: Any, cpu: Any, latency: Any) -> None:
    axes.axis("off")
    handles, labels = cpu.get_legend_handles_labels()  # the target's line comes first
    order = [*range(len(STACK), 0, -1), 0]  # as the bars are stacked
    place = {"frameon": False, "alignment": "left", "loc": "upper left"}
    axes.add_artist(
        axes.legend([handles[n] for n in order], [labels[n] for n in order], title="CPU", **place)
    )
    place["loc"] = "lower left"
    axes.legend(*latency.get_legend_handles_labels(), title="time", **place)


def _share(row: Sequence[Any]) -> None:
    """The same scale on both."""
    low = min(axes.get_ylim()[0] for axes in row)
    high = max(axes.get_ylim()[1] for axes in row)
    for axes in row:
        axes.set_ylim(low, high)
