"""Members of a room who read more slowly than they are written to: boards wait for them, and become one.

A leaderboard replaces the one before, so a peer with a full buffer needs none of those in between. Questions, closes,
results and acknowledgements are never left out: who cannot take them is closed (4008) and resumes.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from web.gateway.errors import Close
from web.metrics import WIRE

if TYPE_CHECKING:
    from web.gateway.connection import Connection
    from web.gateway.room import Room

__all__ = ["LOOK_EVERY_S", "PATIENCE_S", "Laggards"]

LOOK_EVERY_S = 0.2
PATIENCE_S = 20.0
"""Whoever has not read up by then is closed as slow."""


class Laggards:
    """One room's. Times are monotonic, in seconds."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._since: dict[str, float] = {}  # by connection id
        self._timer: asyncio.TimerHandle | None = None

    def write_board(self, data: bytes) -> None:
        """Write one board, whole or changes, to everybody who keeps up; the others get a whole one when they have."""
        for id, connection in self._room.audience.behind.items():
            if connection.lags:
                self._since.setdefault(id, time.monotonic())
        self._room.audience.write(data, without=self._since)
        WIRE.skipped += len(self._since)
        self._look_soon()

    def _look_soon(self) -> None:
        if self._since and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOOK_EVERY_S, self._look)

    def _look(self) -> None:
        """Give those who have caught up the board as it stands now."""
        self._timer = None
        now = time.monotonic()
        board: bytes | None = None
        for id, since in list(self._since.items()):
            connection: Connection | None = self._room.connections.get(id)
            if connection is not None and connection.sink.waiting:
                if now - since > PATIENCE_S:
                    connection.end(Close.SLOW, "the connection could not keep up")
                    del self._since[id]
                continue
            del self._since[id]
            if connection is not None:
                if board is None:
                    board = self._room.boards.whole()
                connection.write(board)
        self._look_soon()
