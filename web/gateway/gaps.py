"""Deltas of a board that went missing on the way: a gap between versions that does not close."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from web.gateway.room import Room

__all__ = ["GAP_PATIENCE_S", "Gaps"]

GAP_PATIENCE_S = 1.0
"""How long a leaderboard delta may be overtaken by later ones before it counts as lost."""


class Gaps:
    """Watches one room's board; `reload` is called when a delta was lost."""

    def __init__(self, reload: Callable[[], None]) -> None:
        self._reload = reload
        self._timer: asyncio.TimerHandle | None = None

    def look(self, room: Room) -> None:
        """A delta has come."""
        if room.board.has_gap and self._timer is None:
            self._watch(room)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _watch(self, room: Room) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(GAP_PATIENCE_S, self._check, room, room.board.version)

    def _check(self, room: Room, version: int) -> None:
        """The board had a gap above `version` a while ago; when it still has that one, a delta was lost."""
        self._timer = None
        if not room.board.has_gap:
            return
        if room.board.version == version:
            self._reload()
        else:
            self._watch(room)
