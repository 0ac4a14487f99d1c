"""How much one connection may send."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

__all__ = ["Meter"]


@dataclass(slots=True)
class Meter:
    """A token bucket: `rate` messages a second on average, `burst` at once."""

    rate: float
    burst: float
    _tokens: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens = self.burst
        self._at = time.monotonic()

    def take(self, now: float) -> bool:
        """Count one message at monotonic time `now`; False when it is one too many."""
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate) - 1
        self._at = now
        return self._tokens >= 0
