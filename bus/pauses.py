"""The times of a session that can be paused: what runs out when, how much is left, how long it ran. Milliseconds."""

from __future__ import annotations

from bus.messages import SessionState

__all__ = ["allowed_ms", "due_at_ms", "paused_ms", "remaining_ms", "running_ms"]


def due_at_ms(state: SessionState) -> int | None:
    """When the session is to move on by itself, Unix time; None: it is paused, or waits for its host."""
    return _runs_out_at_ms(state) if state.paused_at_ms is None else None


def remaining_ms(state: SessionState) -> int | None:
    """What is left, when the session is resumed, of the open question or of the phase; None: not paused, or no limit."""
    runs_out_at_ms = _runs_out_at_ms(state)
    if state.paused_at_ms is None or runs_out_at_ms is None:
        return None
    return max(0, runs_out_at_ms - state.paused_at_ms)


def paused_ms(state: SessionState) -> int:
    """How long the pauses took that are over."""
    return sum(end - start for start, end in state.pauses) if state.pauses else 0  # asked for each answer


def allowed_ms(state: SessionState) -> int | None:
    """How long the open question may be answered, pauses left out; None: for ever."""
    if state.opens_at_ms is None or state.closes_at_ms is None:
        return None
    return state.closes_at_ms - state.opens_at_ms - paused_ms(state)


def running_ms(state: SessionState, since_ms: int, now_ms: int) -> int:
    """How much time has passed since a moment, Unix time, without the pauses."""
    pauses = state.pauses
    if state.paused_at_ms is not None:
        pauses = (*pauses, (state.paused_at_ms, now_ms))
    # A pause may end before it began, when a clock was set back meanwhile: then so was all that comes after.
    paused = sum(end - start if start >= since_ms else max(0, end - since_ms) for start, end in pauses)
    return max(0, now_ms - since_ms - paused)


def _runs_out_at_ms(state: SessionState) -> int | None:
    if state.state == "open":
        return state.closes_at_ms
    return state.next_at_ms if state.state in ("lobby", "closed") else None
