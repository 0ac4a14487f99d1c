"""How long the network takes to a client and back, as this node has timed it."""

from __future__ import annotations

__all__ = ["KEPT", "RoundTrips"]

KEPT = 6
"""Round trips that are looked at: the shortest of the last minute's."""

OPEN = 3
"""Pings that may wait for their pong at once."""


class RoundTrips:
    """The latest round trips of one connection. Moments are monotonic, in seconds, and the server's own.

    The client only sends each ping's `t` back. It can make a round trip longer, by waiting, but not the shortest of
    several without waiting every time, and never longer than what a session allows; it can make none shorter in its favour.
    """

    __slots__ = ("_latest", "_sent")

    def __init__(self) -> None:
        self._sent: dict[float, float] = {}  # pings without a pong: when they were written, by their t
        self._latest: list[float] = []  # of no more than KEPT; a deque is ten times as large

    def pinged(self, t: int, now: float) -> None:
        """A ping with this `t` is being written."""
        self._sent[t] = now
        if len(self._sent) > OPEN:
            del self._sent[next(iter(self._sent))]

    def ponged(self, t: float | None, now: float) -> None:
        """A pong came; only the first one to one of the last pings tells anything."""
        sent = None if t is None else self._sent.pop(t, None)
        if sent is not None:
            self._latest = [*self._latest[1 - KEPT :], now - sent]

    def allowance_ms(self, most_ms: int) -> int:
        """What may be taken off an answer's time, at most `most_ms`; 0 while nothing is known."""
        return min(most_ms, int(min(self._latest) * 1000)) if self._latest else 0
