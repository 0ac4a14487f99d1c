"""The leaderboard of a room on its way to the sockets: what changed, now and then, as one frame for all."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

import msgspec

from bus.leaderboard import Entry
from web.gateway import outgoing, views
from web.gateway.laggards import Laggards
from web.gateway.sink import frame
from web.metrics import BOARD_STALENESS

if TYPE_CHECKING:
    from web.gateway.room import Room

__all__ = ["INTERVAL_S", "Boards"]

INTERVAL_S = 0.2
"""Leaderboard frames of one room are at least this far apart."""

LOBBY_INTERVAL_S = 1.0
"""… while there is nothing but newcomers to be told: of a hall that comes in, everybody gets a frame for each time."""


class Boards:
    """Writes one room's board. Times are the loop's, in seconds."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._laggards = Laggards(room)
        self._sent_version = room.board.version
        self._sent_at = -math.inf
        self._changed_at = 0.0  # since when the next frame is due
        self._timer: asyncio.TimerHandle | None = None
        self._rows: bytearray | None = None  # all of them, encoded, as far as they are needed

    def changed(self) -> None:
        """The board has changed: everybody will see it soon."""
        self._rows = None
        self._send_soon()

    def came(self, entry: Entry) -> None:
        """Somebody has come onto the board, and nothing else has changed: a hall is not encoded again for each of it."""
        if self._rows is not None:
            self._rows += b"," if self._rows else b""
            self._rows += outgoing.encode(views.row(entry))
        self._send_soon()

    def _send_soon(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._changed_at = loop.time()
            interval_s = LOBBY_INTERVAL_S if self._room.state.state == "lobby" else INTERVAL_S
            wait_s = max(0.0, self._sent_at + interval_s - self._changed_at)
            self._timer = loop.call_later(wait_s, self.send_changes)

    def send_changes(self) -> None:
        """Write what changed since the last time, as one frame to everybody."""
        self._stop_timer()
        board = self._room.board
        changes = board.take_changes()
        if not changes:
            return
        delta = outgoing.LeaderboardDelta(
            epoch=board.epoch,
            version=board.version,
            base=self._sent_version,
            entries=[views.row(entry) for entry in changes],
        )
        self._laggards.write_board(frame(outgoing.encode(delta)))
        self._note_sent()
        BOARD_STALENESS.observe(self._sent_at - self._changed_at)

    def send_whole(self) -> None:
        """Write the whole board to everybody."""
        self._stop_timer()
        self._rows = None  # somebody may have gone
        self._room.board.take_changes()
        self._laggards.write_board(self.whole())
        self._note_sent()

    def whole(self) -> bytes:
        """A frame with all that may be seen of the board now."""
        board = self._room.board
        return frame(outgoing.encode(outgoing.LeaderboardFull(board.epoch, board.version, views.rows(board))))

    def view(self) -> msgspec.Raw:
        """The whole board for inside a snapshot; its rows are encoded once until one of them changes."""
        board = self._room.board
        if self._rows is None:
            self._rows = bytearray(outgoing.encode(views.rows(board))[1:-1])
        return views.board(board, self._rows)

    def replaced(self) -> None:
        """The room has another board, and everybody gets it in another way."""
        self._stop_timer()
        self._rows = None
        self._note_sent()

    def _note_sent(self) -> None:
        self._sent_version = self._room.board.version
        self._sent_at = asyncio.get_running_loop().time()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
