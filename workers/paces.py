"""How far apart the calls of the batch queues begin; see decision 0060."""

from __future__ import annotations

__all__ = ["PERSISTENCE_PACE_S", "SCORING_BUSY_BYTES_PER_S", "SCORING_ENOUGH_BYTES", "SCORING_PACE_S"]

SCORING_PACE_S = 0.025
"""Nobody sees a fortieth of a second; a call with twelve answers costs hardly more than one with two."""

SCORING_BUSY_BYTES_PER_S = 50_000
"""About 300 answers a second. With fewer no batch waits for more: there is time enough for a call for each."""

SCORING_ENOUGH_BYTES = 10_000
"""About 60 answers: with so many the call's own cost is a small part, and waiting for more would only take time."""

PERSISTENCE_PACE_S = 0.25
"""Nobody waits for PostgreSQL: what is queued is on disk already. Four transactions a second are enough."""
