"""When a batch that is not full may be handed out: at once in a lull, spaced while much keeps coming."""

from __future__ import annotations

import math
import time

__all__ = ["Pace"]

WINDOW_S = 0.1
"""How far back the rate is looked at: a handful of messages at the least that counts as much."""


class Pace:
    """Batches with less than `enough_bytes` begin at least `pace_s` apart while more than `busy_bytes_per_s` arrive.

    What a call costs by itself is shared by all of a batch, and everything in it takes that much longer. So the first
    after a lull never waits, and neither does anything while little comes. Times are monotonic. Not thread-safe.
    """

    def __init__(
        self, pace_s: float = 0.0, busy_bytes_per_s: float = 0.0, enough_bytes: float = math.inf
    ) -> None:
        self._pace_s = pace_s
        self._enough_bytes = enough_bytes
        self._gathered_bytes = 0  # of what is there
        self._busy_bytes = busy_bytes_per_s * WINDOW_S
        self._bytes = 0.0  # of the last window, those of longer ago counting less and less
        self._came_at = 0.0
        self._went_at = -math.inf

    def came(self, size_bytes: int, now: float | None = None) -> None:
        """A message has arrived."""
        self._gathered_bytes += size_bytes
        if self._busy_bytes:
            now = time.monotonic() if now is None else now
            self._bytes = self._bytes * math.exp((self._came_at - now) / WINDOW_S) + size_bytes
            self._came_at = now

    def went(self, now: float, left_bytes: int = 0) -> None:
        """A batch is handed out; `left_bytes` were too many for it."""
        self._went_at = now
        self._gathered_bytes = left_bytes

    def hurry(self) -> None:
        """Somebody waits for what is here: the next batch goes at once."""
        self._went_at = -math.inf

    @property
    def ready_at(self) -> float:
        """From when on the next batch may go, however few it has."""
        if self._bytes < self._busy_bytes or self._gathered_bytes >= self._enough_bytes:
            return -math.inf
        return self._went_at + self._pace_s
