"""Who of a session is connected just now, on all nodes together. Good to a second, and never in anybody's way."""

from __future__ import annotations

from web.gateway import outgoing
from web.gateway.room import Room
from web.gateway.sink import frame

__all__ = ["EVERY_S", "KEEPALIVE_S", "Presence"]

EVERY_S = 1.0
"""Participants hear of changes no more often than this, however many come and go."""

KEEPALIVE_S = 5.0
"""A node repeats who is connected to it, so that the others know that it is alive."""

SILENT_S = 2.5 * KEEPALIVE_S
"""A node that was not heard of for this long has nobody any more."""


class Presence:
    """One session's connected participants, by node. Times are monotonic, in seconds."""

    def __init__(self) -> None:
        self._nodes: dict[str, tuple[float, frozenset[str]]] = {}
        self._told: tuple[float, frozenset[str]] = (0.0, frozenset())
        self._shown: tuple[frozenset[str], int] = (
            frozenset(),
            0,
        )  # who was connected, and how many had joined

    def heard(self, node_id: str, participant_ids: frozenset[str], now: float) -> None:
        """Another node, or this one, told who is connected to it."""
        self._nodes[node_id] = now, participant_ids

    def connected(self, now: float) -> frozenset[str]:
        """Everybody who is connected anywhere."""
        for node_id, (at, _) in list(self._nodes.items()):
            if now - at > SILENT_S:
                del self._nodes[node_id]
        return frozenset().union(*(ids for _, ids in self._nodes.values()))

    def here(self, room: Room, node_id: str, now: float) -> frozenset[str]:
        """Who is connected here, to be told to the other nodes at once."""
        here = frozenset(room.participants)
        self._told = now, here
        self.heard(node_id, here, now)
        return here

    def to_tell(self, room: Room, node_id: str, now: float) -> frozenset[str] | None:
        """Who is connected here, when it is time to tell the other nodes."""
        here = frozenset(room.participants)
        told_at, told = self._told
        if here == told and (now - told_at < KEEPALIVE_S or not here):
            return None
        return self.here(room, node_id, now)

    def show(self, room: Room, now: float) -> None:
        """Write the numbers to whoever has not seen them yet; to hosts, who it is."""
        connected = self.connected(now)
        room.progress.count(len(connected))
        numbers = outgoing.Presence(connected=len(connected), joined=len(room.board.entries))
        for_all = frame(outgoing.encode(numbers))
        for_hosts: bytes | None = None
        seen = (connected, numbers.joined)
        if seen == self._shown:
            seen = self._shown  # the same object, so that no names are compared for each connection
        self._shown = seen
        for connection in list(room.connections.values()):
            if connection.presence is seen or connection.lags:  # told when it has read up
                continue
            connection.presence = seen
            if connection.role != "host":
                connection.write(for_all)
                continue
            if for_hosts is None:
                listed = outgoing.Presence(numbers.connected, numbers.joined, sorted(connected))
                for_hosts = frame(outgoing.encode(listed))
            connection.write(for_hosts)
