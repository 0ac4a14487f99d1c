"""Counts messages that were worked off, in any thread, and how long all but the first took."""

from __future__ import annotations

import threading
import time

from scripts.benching.sides.lines import cpu_s

__all__ = ["Tally"]


class Tally:
    """From the end of the first call, however many messages it had, to the message with number `expected`.

    What comes before the first call is how a reader starts: it is the same for a short queue and for a long one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = self._counted = 0
        self._done = threading.Event()
        self._began: tuple[float, float] | None = None
        self._ended = (0.0, 0.0)

    def begin(self, expected: int) -> None:
        """So many are going to come."""
        self._left = expected
        self._began = None
        self._done.clear()

    def add(self, count: int = 1) -> None:
        """So many more are done."""
        with self._lock:
            self._left -= count
            if self._began is None:
                self._began = time.monotonic(), cpu_s()
                self._counted = self._left
            if self._left <= 0:
                self._ended = time.monotonic(), cpu_s()
                self._done.set()

    def wait(self, timeout_s: float = 120) -> dict[str, float]:
        """Wall and CPU seconds of this process that the counted ones took, and how many these are. Raises TimeoutError."""
        if not self._done.wait(timeout_s):
            raise TimeoutError(f"{self._left} messages were not worked off within {timeout_s:g} s")
        assert self._began is not None
        seconds, used_s = (end - start for start, end in zip(self._began, self._ended, strict=True))
        return {"seconds": seconds, "cpu_s": used_s, "messages": self._counted}

    def since(self) -> float:
        """Wall seconds since the end of the first call."""
        assert self._began is not None
        return time.monotonic() - self._began[0]
