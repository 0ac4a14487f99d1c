"""The rooms of this node: loaded when their first connection arrives, dropped when they stay empty."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from nats.aio.client import Client

from bus import subjects
from bus.messages import Outcome, RoomNote, encode
from bus.pauses import running_ms
from web import metrics
from web.gateway import arrivals
from web.gateway.connection import Connection
from web.gateway.errors import Close
from web.gateway.resident import Resident
from web.gateway.room import Room
from web.gateway.store import Store

__all__ = ["Rooms"]

LINGER_S = 10.0
"""How long a room without connections is kept: on a reload of the page everybody is back at once."""


class Rooms:
    """All rooms of one gateway node."""

    def __init__(
        self, nc: Client, store: Store, node_id: str, flush: Callable[[str], Awaitable[bool]]
    ) -> None:
        self._nc = nc
        self._store = store
        self._node_id = node_id
        self._flush = flush  # waits until the accepted answers of a session are stored
        self._residents: dict[str, Resident] = {}
        self._lingering: set[asyncio.Task[None]] = set()

    def all(self) -> list[Room]:
        """Every room that is loaded."""
        return [resident.room for resident in self._residents.values() if resident.room is not None]

    async def open(self, session_id: str) -> Room | None:
        """The room of a session, loaded if need be; None for a session that is not running."""
        resident = self._residents.get(session_id)
        if resident is None or resident.closed:
            resident = self._residents[session_id] = Resident(
                session_id, self._nc, self._store, self._node_id, self._flush
            )
            self._linger(resident)  # whoever opens it may never get in
        try:
            return await resident.open()
        finally:
            if resident.closed and self._residents.get(session_id) is resident:
                del self._residents[session_id]

    async def enter(self, connection: Connection, epoch: str | None, seen: int | None) -> Room | None:
        """Bring a connection into its room, loaded if need be, with its participant's answers up to date.

        `epoch` and `seen`, the number of the last event, are what it knows already, if it comes back. The caller writes to it before the next await, so that no event can come first; then it calls `tell_others`.
        None for a session that is not running.
        """
        if not connection.admitted:
            connection.admitted = await self._store.clock()
        while True:
            room = await self.open(connection.session_id)
            if room is None:
                return None
            seq = room.state.seq
            if connection.participant_id is not None:
                connection.answers = await self._store.own_answers(room, connection.participant_id)
            resident = self._residents.get(connection.session_id)
            if resident is not None and seen is not None and arrivals.missed(room, epoch, seen) is None:
                await resident.recall(room)
            if resident is not None and resident.room is room and room.state.seq == seq:
                break
        finished_at_ms = max((answer.finished_at_ms for answer in connection.answers.values()), default=None)
        at = room.question_of(connection) if room.state.pacing == "self" else None
        if at is not None and finished_at_ms is not None and connection.participant_id is not None:
            # A reload of the page buys no time. Only a node that has not shown the question asks the wall clock.
            passed_ms = running_ms(room.state, finished_at_ms, time.time_ns() // 1_000_000)
            shown_at = room.stopwatch.read(time.monotonic()) - passed_ms / 1000
            room.shown.note(connection.participant_id, at[1].id, shown_at)
        older = room.join(connection)
        if older is not None:
            older.end(Close.REPLACED, "a newer connection of this participant took over")
        return room

    async def tell_others(self, connection: Connection) -> None:
        """Tell the other nodes which connection the participant has now."""
        if connection.participant_id is not None:
            note = RoomNote(connection.participant_id, connection.id, connection.admitted)
            await self._nc.publish(subjects.rooms(connection.session_id), encode(note))

    def leave(self, room: Room, connection: Connection) -> None:
        """Remove a connection; a room that stays empty is dropped."""
        room.leave(connection)
        resident = self._residents.get(room.session_id)
        if resident is not None and resident.room is room and not room.connections:
            self._linger(resident)

    def renew(self, connection: Connection) -> None:
        """Send a connection a snapshot of everything as it is recorded now."""
        resident = self._residents.get(connection.session_id)
        if resident is not None:
            resident.renew(connection)

    def deliver(self, outcomes: list[Outcome]) -> None:
        """Outcomes of answers that this node sent in."""
        earliest = now = time.monotonic()
        corrected = 0
        for outcome in outcomes:
            resident = self._residents.get(outcome.session_id)
            if resident is not None and resident.room is not None:
                given_at = resident.room.results.settle(outcome)
                if given_at is not None and given_at < earliest:
                    earliest = given_at
            corrected += outcome.recorded_id != outcome.answer_id
        if earliest < now:
            metrics.RESULT_SECONDS.observe(time.monotonic() - earliest)
        if corrected:
            metrics.ANSWERS["corrected"].inc(corrected)

    async def show_presence(self) -> None:
        """In every room: who is connected."""
        for resident in list(self._residents.values()):
            await resident.show_presence()

    def resync(self) -> None:
        """Load every room afresh: messages may have been lost."""
        for resident in list(self._residents.values()):
            resident.reload()

    async def close(self) -> None:
        """Drop every room."""
        for task in list(self._lingering):
            task.cancel()
        for resident in list(self._residents.values()):
            await resident.close()
        self._residents.clear()

    def _linger(self, resident: Resident) -> None:
        task = asyncio.get_running_loop().create_task(self._drop_if_empty(resident))
        self._lingering.add(task)
        task.add_done_callback(self._lingering.discard)

    async def _drop_if_empty(self, resident: Resident) -> None:
        await asyncio.sleep(LINGER_S)
        if await resident.close_if_empty() and self._residents.get(resident.session_id) is resident:
            del self._residents[resident.session_id]
