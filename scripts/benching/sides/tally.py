"""Counts messages that were worked off, in any thread, and says when the last one was."""

from __future__ import annotations

import threading
import time

from scripts.benching.sides.lines import cpu_s

__all__ = ["Tally"]


class Tally:
    """From `begin` to the message with number `expected`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = 0
        self._done = threading.Event()
        self._began = (0.0, 0.0)

    def begin(self, expected: int) -> None:
        """Start the clock."""
        self._left = expected
        self._done.clear()
        self._began = time.monotonic(), cpu_s()

    def add(self, count: int = 1) -> None:
        """So many more are done."""
        with self._lock:
            self._left -= count
            if self._left <= 0:
                self._done.set()

    def wait(self, timeout_s: float = 120) -> dict[str, float]:
        """Wall and CPU seconds of this process that all of them took. Raises TimeoutError."""
        if not self._done.wait(timeout_s):
            raise TimeoutError(f"{self._left} messages were not worked off within {timeout_s:g} s")
        began_at, cpu_before = self._began
        return {"seconds": time.monotonic() - began_at, "cpu_s": cpu_s() - cpu_before}
