"""Where the time of a process goes: py-spy's samples, boiled down to functions."""

from __future__ import annotations

import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

__all__ = ["profiled"]

RATE = 500
TOP = 40


@contextmanager
def profiled(folder: Path | None, pids: Mapping[str, int]) -> Iterator[None]:
    """Sample what holds the GIL of these processes meanwhile; `NAME.txt` then lists their functions, `NAME.raw` has the stacks for a flame graph.

    With no folder nothing happens. Sampling costs the processes a few percent: no figure of such a run is to be quoted.
    """
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    recorders = {
        name: subprocess.Popen(
            [
                *(
                    "py-spy",
                    "record",
                    "--pid",
                    str(pid),
                    "--subprocesses",
                    "--gil",
                    "--rate",
                    str(RATE),
                ),
                *("--format", "raw", "--output", str(folder / f"{name}.raw"), "--duration", "600"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for name, pid in pids.items()
    }
    try:
        yield
    finally:
        for recorder in recorders.values():
            recorder.send_signal(signal.SIGINT)
        for name, recorder in recorders.items():
            recorder.wait(60)
            stacks = folder / f"{name}.raw"
            if stacks.exists():
                (folder / f"{name}.txt").write_text(_functions(stacks.read_text()))


def _functions(raw: str) -> str:
    """Share of the samples in each function alone, and with all that it calls; the most expensive first."""
    alone: Counter[str] = Counter()
    within: Counter[str] = Counter()
    total = 0
    for line in raw.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        total += int(count)
        alone[frames[-1]] += int(count)
        within.update(dict.fromkeys(frames, int(count)))
    lines = [f"{total} samples", "", "alone   within  function"]
    for ranking in (within, alone):
        for name, _ in ranking.most_common(TOP):
            lines.append(f"{alone[name] / total:6.1%}  {within[name] / total:6.1%}  {name}")
        lines.append("")
    return "\n".join(lines)
