"""What is to be run again: at once, or when it is due."""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections import deque
from collections.abc import Iterable

from bus.deliveries import Delivery, Work

__all__ = ["Later"]

BACKOFF_MS = (100, 2000)  # the first, doubled up to the last


class Later:
    """Works of one consumer; they come before anything fresh. Not thread-safe."""

    def __init__(self) -> None:
        self._again: deque[Work] = deque()
        self._parked: list[tuple[float, int, Work]] = []  # heap by when it is due, monotonic
        self._numbers = itertools.count()

    def __bool__(self) -> bool:
        return bool(self._again or self._parked)

    def add(self, work: Work) -> None:
        """Run it after what is to be run again already."""
        self._again.append(work)

    def add_first(self, works: Iterable[Work]) -> None:
        """Run these next, in their order."""
        self._again.extendleft(reversed(list(works)))

    def park(self, work: Work, times: int) -> None:
        """Run it after a while that grows with the times it was parked."""
        due_at = time.monotonic() + min(BACKOFF_MS[0] * 2 ** min(times - 1, 10), BACKOFF_MS[1]) / 1000
        heapq.heappush(self._parked, (due_at, next(self._numbers), work))

    def take(self) -> Work | None:
        """What is to be run now, if anything is."""
        if self._parked and self._parked[0][0] <= time.monotonic():
            return heapq.heappop(self._parked)[2]
        return self._again.popleft() if self._again else None

    @property
    def due_at(self) -> float:
        """When the first that is parked is due, monotonic; infinity when none is."""
        return self._parked[0][0] if self._parked else math.inf

    def empty(self) -> list[Delivery]:
        """Forget all; what they were about."""
        works = [*self._again, *(work for _, _, work in self._parked)]
        self._again.clear()
        self._parked.clear()
        return [delivery for work in works for delivery in work.deliveries]
