"""The last events of a room, as they were written: what somebody missed who was away for a moment."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from web.gateway.frames import Frames

__all__ = ["KEPT", "KEPT_S", "Happened", "History"]

KEPT = 1_000
KEPT_S = 120.0
"""Whoever missed more events than this, or was away for longer, gets a snapshot instead."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: its frames, and the question that it closed, if it did."""

    seq: int
    at: float  # monotonic, seconds
    frames: Frames
    closed_question_id: str | None = None


class History:
    """Events in order, without a gap; the oldest are forgotten."""

    def __init__(self) -> None:
        self._events: deque[Happened] = deque()

    def add(self, event: Happened) -> None:
        """Note an event that has just happened; after a gap everything before it is forgotten."""
        if self._events and event.seq != self._events[-1].seq + 1:
            self._events.clear()
        self._events.append(event)
        self._forget(event.at)

    def fill(self, events: list[Happened]) -> None:
        """Take over what was written down elsewhere, in order, if it reaches what is known here, and further back."""
        known = {event.seq: event for event in (*events, *self._events)}
        self._events.clear()
        for seq in sorted(known):
            self.add(known[seq])

    def since(self, seq: int, now_seq: int, now: float) -> list[Happened] | None:
        """What happened after event `seq` up to event `now_seq`; None when that is not known any more."""
        self._forget(now)
        if seq > now_seq:
            return None
        missed = [event for event in self._events if seq < event.seq <= now_seq]
        return missed if len(missed) == now_seq - seq else None

    def last_closed(self, seq: int) -> str | None:
        """The question that was closed last as of event `seq`, if that is known."""
        return next(
            (
                event.closed_question_id
                for event in reversed(self._events)
                if event.seq <= seq and event.closed_question_id is not None
            ),
            None,
        )

    def _forget(self, now: float) -> None:
        while self._events and (len(self._events) > KEPT or now - self._events[0].at > KEPT_S):
            self._events.popleft()
