"""CPU time of other processes."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from contextlib import suppress

import psutil

__all__ = ["cpu_of", "cpu_s", "family"]


def family(pid: int) -> list[int]:
    """A process and its children that live. Looks at every process of the machine: some milliseconds."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def cpu_of(pids: Iterable[int]) -> float:
    """CPU seconds of these processes, of those that live; to the nanosecond on Linux, to a tick elsewhere. Takes microseconds."""
    total = 0.0
    for pid in pids:
        with suppress(psutil.Error, OSError):
            if sys.platform == "linux":
                total += time.clock_gettime((~pid << 3) | 2)  # what clock_getcpuclockid(3) makes of a pid
            else:
                times = psutil.Process(pid).cpu_times()
                total += times.user + times.system
    return total


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and its children that live."""
    return cpu_of(family(pid))
