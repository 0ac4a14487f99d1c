"""That this node has the room of a session, for those who close its questions, and that all it accepted is stored."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from uuid import uuid4

from nats.aio.client import Client

from bus.messages import Event
from db.rooms import NOTED_EVERY_S
from web.gateway.room import Room
from web.gateway.store import Store

__all__ = ["Notice"]

FLUSH_PATIENCE_S = 1.0
"""How long a room that has to be loaded afresh may take to know of an event."""


class Notice:
    """One session's on this node; see decision 0055."""

    def __init__(
        self,
        session_id: str,
        nc: Client,
        store: Store,
        node_id: str,
        flush: Callable[[str], Awaitable[bool]],
    ) -> None:
        self._session_id = session_id
        self._nc = nc
        self._store = store
        self._flush = flush  # waits until what was accepted here is stored
        # Another room of the session may be here before this one has gone.
        self._name = f"{node_id}.{uuid4().hex[:8]}"
        self._given_at = 0.0  # monotonic

    def is_due(self, now: float) -> bool:
        """Whether it is time to give it again."""
        return now - self._given_at > NOTED_EVERY_S

    async def give(self) -> None:
        """The room is here."""
        self._given_at = time.monotonic()
        await self._store.note_here(self._session_id, self._name)

    async def take_back(self) -> None:
        """The room is here no more."""
        await self._store.note_gone(self._session_id, self._name)

    async def flushed(self, subject: str, event: Event, room_now: Callable[[], Room | None]) -> None:
        """Say on `subject` that all that was accepted here before `event` is stored, once it is and the room knows of the event."""
        give_up_at = time.monotonic() + FLUSH_PATIENCE_S
        while (room := room_now()) is not None and room.board.epoch == event.epoch:
            if room.state.seq >= event.state.seq:
                if await self._flush(self._session_id):
                    await self._nc.publish(subject, self._name.encode())
                return
            if time.monotonic() > give_up_at:
                return
            await asyncio.sleep(0.002)  # it is being loaded afresh
