"""How far apart the batch queues are read; see decisions 0050 and 0052."""

from __future__ import annotations

import time

__all__ = ["PERSISTENCE_PACE_S", "ScoringPace"]

PERSISTENCE_PACE_S = 0.5
"""Nobody waits for PostgreSQL: what is queued is on disk already. Two transactions a second are enough."""

UNSEEN_S = 0.2
"""What answers were worth is shown when their question closes, and whoever closes it has the queue read at once. How many
have answered is shown four times a second."""

AWAITED_S = 0.025
"""Nobody sees a fortieth of a second."""

BUSY_BYTES_PER_S = (50_000, 400_000)
"""About 300 to 2,200 answers a second. With fewer no answer that somebody waits for is kept: there is time enough for a call
for each. Of more so many come while a call runs that waiting for others would only take time."""

REMEMBERED_S = 60.0
"""For so long after an answer that somebody waited for more of them are expected."""


class ScoringPace:
    """How far apart answers are read, in seconds: further while none of them are shown at once. Thread-safe."""

    def __init__(self) -> None:
        self._awaited_until = 0.0

    def awaited(self) -> None:
        """Somebody is shown at once what an answer was worth."""
        self._awaited_until = time.monotonic() + REMEMBERED_S

    def __call__(self, bytes_per_s: float) -> float:
        if time.monotonic() >= self._awaited_until:
            return UNSEEN_S
        return AWAITED_S if BUSY_BYTES_PER_S[0] <= bytes_per_s <= BUSY_BYTES_PER_S[1] else 0.0
