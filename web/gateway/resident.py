"""One session on this node: its room, and the subscriptions that feed it.

It subscribes before it loads, so that nothing falls in between. What is lost on the way (NATS core promises nothing)
shows as a gap, in `seq` or in the leaderboard's versions, or as a reconnect; then the room is loaded afresh.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from bus import subjects
from bus.messages import FLUSHED_TO, BoardDelta, Event, RoomNote, decode, encode
from bus.telemetry import context
from web.gateway import answering, arrivals
from web.gateway.attendance import Attendance
from web.gateway.closing import catch_up, farewell, tell_outcome
from web.gateway.connection import Connection
from web.gateway.early_close import EarlyClose, close_now
from web.gateway.errors import Close
from web.gateway.gaps import Gaps
from web.gateway.guards import guarded, logged
from web.gateway.notice import Notice
from web.gateway.room import Room
from web.gateway.store import Store

__all__ = ["Resident"]

RELOAD_RETRY_S = 1.0
log = structlog.get_logger(__name__)


class Resident:
    """A session that lives on this node until `close`."""

    def __init__(
        self,
        session_id: str,
        nc: Client,
        store: Store,
        node_id: str,
        flush: Callable[[str], Awaitable[bool]],  # waits until what was accepted here is stored
    ) -> None:
        self.session_id = session_id
        self.room: Room | None = None
        self._attendance = Attendance(session_id, nc, node_id)
        self._notice = Notice(session_id, nc, store, node_id, flush)
        self.early_close = EarlyClose(
            self._attendance.presence, self._attendance.ask, lambda state: close_now(nc.jetstream(), state)
        )
        self.closed = False
        self._nc = nc
        self._store = store
        self._lock = asyncio.Lock()  # held while the room is loaded or moved
        self._subscriptions: list[Subscription] = []
        self._early: list[BoardDelta] = []  # deltas that arrived while the room was loading
        self._gaps = Gaps(self.reload)
        self._loading: asyncio.Task[Room | None] | None = None
        self._reload_due = False
        self._reloading = False
        self._recalled: asyncio.Task[None] | None = None  # what happened before the room was here
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> Room | None:
        """The room, loaded if need be. None when the session is not running, or this resident was closed.

        Loading is a task of its own: the first to arrive may hang up while others wait for the same room.
        """
        if self._loading is None:
            self._loading = asyncio.get_running_loop().create_task(self._load(), context=context.apart())
        return await asyncio.shield(self._loading) if self.room is None else self.room

    async def _load(self) -> Room | None:
        context.bind(session_id=self.session_id)  # of the subscriptions too: their tasks start here
        async with self._lock:
            try:
                await self._subscribe()
                await self._notice.give()
                self.room = await self._store.load(self.session_id)
            finally:
                if self.room is None:
                    await self._close()
            if self.room is not None:
                for delta in self._early:
                    if not self.room.apply(delta):
                        self.reload()
            self._early.clear()
            return self.room

    async def close(self) -> None:
        """Drop the room and its subscriptions."""
        async with self._lock:
            await self._close()

    async def close_if_empty(self) -> bool:
        """Close unless somebody is here; True when closed."""
        async with self._lock:
            if self.room is not None and self.room.connections:
                return False
            await self._close()
            return True

    def reload(self) -> None:
        """Load the room afresh soon, and give everybody in it a snapshot; asked again meanwhile, once more."""
        self._reload_due = True
        if not self._reloading and not self.closed:
            self._reloading = True
            self._spawn(self._keep_reloading())

    async def recall(self, room: Room) -> None:
        """Have the room remember what happened before it was here, for whoever comes back; read once."""
        if self._recalled is None:
            self._recalled = asyncio.get_running_loop().create_task(self._recall(room))
            self._tasks.add(self._recalled)
            self._recalled.add_done_callback(self._tasks.discard)
        await asyncio.shield(self._recalled)

    async def _recall(self, room: Room) -> None:
        try:
            room.recall(await self._store.events(self.session_id))
        except Exception as error:  # they get a snapshot
            log.warning("events_not_recalled", error=type(error).__name__)
            self._recalled = None

    def renew(self, connection: Connection) -> None:
        """Read one participant's answers again and send a snapshot; once at a time."""
        room = self.room
        if room is not None and not connection.renewing:
            connection.renewing = True
            self._spawn(self._renew(room, connection))

    async def _close(self) -> None:
        self.closed = True
        self.room = None
        self.early_close.stop()
        self._gaps.stop()
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            with suppress(Exception):
                await subscription.unsubscribe()
        with suppress(Exception):  # it is forgotten anyway
            await self._notice.take_back()

    async def _subscribe(self) -> None:
        handlers: list[tuple[str, Callable[[Msg], Awaitable[None]]]] = [
            (subjects.events(self.session_id), self._on_event),
            (subjects.leaderboard(self.session_id), self._on_delta),
            (subjects.rooms(self.session_id), self._on_note),
            (subjects.presence(self.session_id), lambda message: self._attendance.hear(message, self.room)),
        ]
        for subject, handler in handlers:
            self._subscriptions.append(await self._nc.subscribe(subject, cb=guarded(handler)))
        await self._nc.flush()

    # What the bus tells

    async def _on_note(self, message: Msg) -> None:
        note = decode(message.data, RoomNote)
        if self.room is None:
            return
        self.early_close.note(note.participant_id, time.monotonic())
        self.room.replace(note.participant_id, note.connection_id, note.admitted)
        here = self.room.participants.get(note.participant_id)
        if here is not None and (here.admitted, here.id) > (note.admitted, note.connection_id):
            # The other one was slow to load its room and did not hear of ours.
            mine = RoomNote(note.participant_id, here.id, here.admitted)
            await self._nc.publish(subjects.rooms(self.session_id), encode(mine))

    async def show_presence(self) -> None:
        """Tell the other nodes who is connected here, and everybody here how many are connected anywhere."""
        room, now = self.room, time.monotonic()
        if room is None:
            return
        await self._attendance.tell(room, now)
        if self._notice.is_due(now):
            self._spawn(
                self._notice.give()
            )  # a Redis that is away must not keep presence from the other rooms
        self.early_close.look_soon(room)

    async def _on_delta(self, message: Msg) -> None:
        delta = decode(message.data, BoardDelta)
        room = self.room
        if room is None:
            self._early.append(delta)
        elif not room.apply(delta):
            self.reload()
        else:
            self._gaps.look(room)
            if delta.answered:
                self.early_close.look_soon(room)

    async def _on_event(self, message: Msg) -> None:
        event = decode(message.data, Event)
        flushed_to = (message.headers or {}).get(FLUSHED_TO)
        if flushed_to is not None:
            self._spawn(self._notice.flushed(flushed_to, event, lambda: self.room))
        async with self._lock:
            room = self.room
            if room is None:
                return
            same_epoch = event.epoch == room.board.epoch  # another one counts anew, from what PostgreSQL had
            if same_epoch and event.state.seq <= room.state.seq:
                return
            in_order = same_epoch and event.state.seq == room.state.seq + 1
            if in_order:
                room.move(event.state)
        if not in_order:
            self.reload()
            return
        try:
            await self._announce(room)
        except Exception:
            log.exception("event_not_announced")
            self.reload()

    async def _announce(self, room: Room) -> None:
        """Tell everybody in the room what has just happened."""
        kind, question = room.state.event, room.current_question
        if kind == "ended":
            await catch_up(room, self._store)
            room.boards.send_changes()
            room.announce()
            self._spawn(farewell(room))
            return
        room.announce()
        if kind == "kicked" and room.state.participant_id is not None:
            self.early_close.forget(room.state.participant_id)
            self.early_close.look_soon(room)
        if kind == "question_closed" and question is not None:
            await tell_outcome(room, self._store, question)

    # Loading afresh

    async def _keep_reloading(self) -> None:
        try:
            while self._reload_due and not self.closed:
                self._reload_due = False
                try:
                    await self._reload()
                except Exception:
                    log.exception("room_not_reloaded_yet")
                    self._reload_due = True
                    await asyncio.sleep(RELOAD_RETRY_S)
        finally:
            self._reloading = False

    async def _reload(self) -> None:
        async with self._lock:
            room = self.room
            if room is not None:
                await self._notice.give()  # Redis may have lost that as well
            fresh = None if room is None else await self._store.load(self.session_id)
            if room is None or fresh is None:
                return
            if fresh.state.seq >= room.state.seq or fresh.board.epoch != room.board.epoch:
                room.move(fresh.state)
                self._recalled = None  # what happened in between was not heard
            room.load_board(fresh.board)
            room.progress.absorb(fresh.progress)
            await asyncio.gather(
                *(self._renew(room, connection) for connection in list(room.connections.values()))
            )
            if room.state.state == "ended":
                self._spawn(farewell(room))

    async def _renew(self, room: Room, connection: Connection) -> None:
        """Give one connection a snapshot with what is recorded of its participant's answers now."""
        try:
            if connection.participant_id is not None:
                if connection.participant_id not in room.board.entries:
                    connection.end(Close.KICKED, "not a participant of this session any more")
                    return
                recorded = await self._store.own_answers(room, connection.participant_id)
                answering.learn(connection, recorded)
            connection.send(arrivals.snapshot(room, connection))
        finally:
            connection.renewing = False

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(logged(coroutine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
