"""How long a paced queue is left alone between two readings."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

__all__ = ["Distance", "Pace"]

WINDOW_S = 0.1
"""How far back the rate is looked at."""

EARLY_S = 0.005
"""By how much the timers of an event loop may be early: a rest that has no more left than this is over."""

Distance = float | Callable[[float], float]
"""Seconds between two readings; or who says how many, by the bytes that come in a second."""


class Pace:
    """Readings are so far apart; at a distance of 0 nothing waits.

    What a message that comes alone costs, and the call that it leads to, is shared by all that are read together, and each
    of them takes that much longer. Times are monotonic. Not thread-safe.
    """

    def __init__(self, distance: Distance) -> None:
        self._distance = distance
        self._bytes = 0.0  # of the last window, those of longer ago counting less and less
        self._read_at = -math.inf
        self._next_at = -math.inf

    def rest_s(self, size_bytes: int, now: float | None = None) -> float:
        """For how long nothing is read, now that a reading has brought so much.

        Several that read one queue rest until the same moment.
        """
        now = time.monotonic() if now is None else now
        windows = max((now - self._read_at) / WINDOW_S, 1e-9)
        kept = math.exp(-windows)
        came_evenly = size_bytes * (1 - kept) / windows
        self._bytes = self._bytes * kept + came_evenly
        self._read_at = now
        if self._next_at - now <= EARLY_S:
            self._next_at = now + self._distance_s()
        return self._next_at - now

    def _distance_s(self) -> float:
        return self._distance(self._bytes / WINDOW_S) if callable(self._distance) else self._distance
