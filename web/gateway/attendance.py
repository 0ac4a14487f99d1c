"""Who of a session is connected, told to the other nodes and heard from them."""

from __future__ import annotations

import time

from nats.aio.client import Client
from nats.aio.msg import Msg

from bus import subjects
from bus.messages import Connected, decode, encode
from web.gateway.presence import Presence
from web.gateway.room import Room

__all__ = ["Attendance"]


class Attendance:
    """One session's on this node."""

    def __init__(self, session_id: str, nc: Client, node_id: str) -> None:
        self.presence = Presence()
        self._session_id = session_id
        self._nc = nc
        self._node_id = node_id

    async def hear(self, message: Msg, room: Room | None) -> None:
        """A node tells who is connected to it, and may ask who is connected here."""
        told = decode(message.data, Connected)
        now = time.monotonic()
        self.presence.heard(told.node_id, frozenset(told.participant_ids), now)
        if told.asks and told.node_id != self._node_id and room is not None:
            await self._tell(self.presence.here(room, self._node_id, now))

    async def ask(self, room: Room) -> None:
        """Have the other nodes tell at once who is connected to them."""
        await self._tell(self.presence.here(room, self._node_id, time.monotonic()), asks=True)

    async def tell(self, room: Room, now: float) -> None:
        """Tell the other nodes who is connected here, when it is time, and everybody here how many are anywhere."""
        here = self.presence.to_tell(room, self._node_id, now)
        if here is not None:
            await self._tell(here)
        self.presence.show(room, now)

    async def _tell(self, here: frozenset[str], *, asks: bool = False) -> None:
        told = Connected(self._node_id, tuple(here), asks)
        await self._nc.publish(subjects.presence(self._session_id), encode(told))
