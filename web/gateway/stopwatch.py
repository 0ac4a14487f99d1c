"""Time as participants have it: it stands still while their session is paused."""

from __future__ import annotations

from bus.messages import SessionState
from bus.pauses import paused_ms

__all__ = ["Stopwatch"]


class Stopwatch:
    """The monotonic clock without the pauses of one session, in seconds."""

    def __init__(self, state: SessionState, now: float, now_ms: int) -> None:
        self._stood_s = 0.0
        self._stopped_at = _stopped_at(state, now, now_ms)

    def read(self, now: float) -> float:
        """What it shows at `now`, monotonic."""
        return (now if self._stopped_at is None else self._stopped_at) - self._stood_s

    def follow(self, before: SessionState, after: SessionState, now: float, now_ms: int) -> None:
        """Stop and go on with the session.

        By this node's own clock; only what it did not hear of in time is taken from the control workers' (`now_ms`).
        """
        if after.seq > before.seq + 1:
            if after.question_index == before.question_index:
                self._stood_s += (paused_ms(after) - paused_ms(before)) / 1000
            self._stopped_at = _stopped_at(after, now, now_ms)
        elif after.paused_at_ms is None:
            if self._stopped_at is not None:
                self._stood_s += now - self._stopped_at
            self._stopped_at = None
        elif self._stopped_at is None:
            self._stopped_at = now


def _stopped_at(state: SessionState, now: float, now_ms: int) -> float | None:
    """The monotonic time at which a session was paused, None when it is not."""
    return None if state.paused_at_ms is None else now - max(0, now_ms - state.paused_at_ms) / 1000
