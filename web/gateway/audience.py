"""Everybody in a room, for what is written to all: one call for each who keeps up, and nothing else."""

from __future__ import annotations

from collections.abc import Container, Mapping
from functools import partial

from web.gateway.connection import Connection
from web.gateway.sink import Writer
from web.metrics import WIRE

__all__ = ["Audience"]


class Audience:
    """How each connection of a room is written to at the moment. All that is asked by connection id."""

    def __init__(self, connections: Mapping[str, Connection]) -> None:
        self._connections = connections
        self._writers: dict[str, Writer] = {}  # a transport, or else the connection itself
        self.behind: dict[str, Connection] = {}  # of whom it is the latter
        self.holding = False  # connections hold frames that go first

    def enter(self, connection: Connection) -> None:
        """Take somebody in."""
        self._now(connection, None)
        connection.sink.watch(partial(self._now, connection))

    def leave(self, connection: Connection) -> None:
        """Forget somebody; twice is harmless."""
        if self._writers.pop(connection.id, None) is not None:
            self.behind.pop(connection.id, None)
            connection.sink.watch(None)

    def write(self, data: bytes, *, without: Container[str] = ()) -> None:
        """The same to all, or all but some. Whoever cannot take it is closed as slow."""
        if without or self.holding:
            for id, connection in self._connections.items():
                if id not in without:
                    connection.write(data)
            return
        direct = len(self._writers) - len(self.behind)
        for writer in self._writers.values():
            writer.write(data)
        WIRE.frames += direct
        WIRE.bytes += direct * len(data)

    def _now(self, connection: Connection, direct: Writer | None) -> None:
        if direct is None:
            self.behind[connection.id] = connection
        else:
            self.behind.pop(connection.id, None)
        self._writers[connection.id] = connection if direct is None else direct
