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
from uuid import uuid4

import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from bus import subjects
from bus.errors import BusError
from bus.messages import BoardDelta, Connected, Event, Flush, Question, RoomNote, decode, encode
from bus.telemetry import context, traces
from db.rooms import NOTED_EVERY_S
from web.gateway import answering
from web.gateway.connection import Connection
from web.gateway.early_close import EarlyClose, close_now
from web.gateway.errors import Close
from web.gateway.presence import Presence
from web.gateway.room import Room
from web.gateway.store import Store

__all__ = ["Resident"]

GAP_PATIENCE_S = 1.0
"""How long a leaderboard delta may be overtaken by later ones before it counts as lost."""

CATCH_UP_S = 0.03
"""How long the last deltas before a close may lag behind its event before the board is loaded instead."""

FLUSH_PATIENCE_S = 1.0
"""How long the event of a close may be overtaken by the question whether its answers are stored."""

RELOAD_RETRY_S = 1.0
FAREWELL_S = 1.0
"""From `ended` to the closing of the sockets."""

log = structlog.get_logger(__name__)


class Resident:
    """A session that lives on this node until `close`."""

    def __init__(
        self,
        session_id: str,
        nc: Client,
        store: Store,
        node_id: str,
        flush: Callable[[str], Awaitable[bool]],
    ) -> None:
        self.session_id = session_id
        self.room: Room | None = None
        self.presence = Presence()
        self.early_close = EarlyClose(
            self.presence, self._ask_who_is_connected, lambda state: close_now(nc.jetstream(), state)
        )
        self.closed = False
        self._nc = nc
        self._store = store
        self._node_id = node_id
        self._flush = flush  # waits until what was accepted here is stored
        # How those who close questions know this node: another room of the session may be here before this one has gone.
        self._noted_as = f"{node_id}.{uuid4().hex[:8]}"
        self._noted_at = 0.0  # when it last said that it has the room, monotonic
        self._lock = asyncio.Lock()  # held while the room is loaded or moved
        self._subscriptions: list[Subscription] = []
        self._early: list[BoardDelta] = []  # deltas that arrived while the room was loading
        self._gap_timer: asyncio.TimerHandle | None = None
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
                await self._note_here()
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
        if self._gap_timer is not None:
            self._gap_timer.cancel()
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        subscriptions, self._subscriptions = self._subscriptions, []
        for subscription in subscriptions:
            with suppress(Exception):
                await subscription.unsubscribe()
        with suppress(Exception):  # it is forgotten anyway
            await self._store.note_gone(self.session_id, self._noted_as)

    async def _subscribe(self) -> None:
        handlers: list[tuple[str, Callable[[Msg], Awaitable[None]]]] = [
            (subjects.events(self.session_id), self._on_event),
            (subjects.leaderboard(self.session_id), self._on_delta),
            (subjects.rooms(self.session_id), self._on_note),
            (subjects.presence(self.session_id), self._on_presence),
            (subjects.flush(self.session_id), self._on_flush),
        ]
        for subject, handler in handlers:
            self._subscriptions.append(await self._nc.subscribe(subject, cb=_guarded(handler)))
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

    async def _on_presence(self, message: Msg) -> None:
        told = decode(message.data, Connected)
        now = time.monotonic()
        self.presence.heard(told.node_id, frozenset(told.participant_ids), now)
        if told.asks and told.node_id != self._node_id and self.room is not None:
            await self._tell(self.presence.here(self.room, self._node_id, now))

    async def _ask_who_is_connected(self, room: Room) -> None:
        await self._tell(self.presence.here(room, self._node_id, time.monotonic()), asks=True)

    async def _tell(self, here: frozenset[str], *, asks: bool = False) -> None:
        told = Connected(self._node_id, tuple(here), asks)
        await self._nc.publish(subjects.presence(self.session_id), encode(told))

    async def _on_flush(self, message: Msg) -> None:
        """Somebody closes a question: say when everything that was accepted here before is stored."""
        wanted = decode(message.data, Flush)
        give_up_at = time.monotonic() + FLUSH_PATIENCE_S
        while (room := self.room) is not None and room.board.epoch == wanted.epoch:
            if room.state.seq >= wanted.seq:
                if await self._flush(self.session_id):
                    await self._nc.publish(message.reply, self._noted_as.encode())
                return
            if time.monotonic() > give_up_at:
                return
            await asyncio.sleep(0.002)  # the event that closed it is on its way

    async def _note_here(self) -> None:
        self._noted_at = time.monotonic()
        await self._store.note_here(self.session_id, self._noted_as)

    async def show_presence(self) -> None:
        """Tell the other nodes who is connected here, and everybody here how many are connected anywhere."""
        room, now = self.room, time.monotonic()
        if room is None:
            return
        here = self.presence.to_tell(room, self._node_id, now)
        if here is not None:
            await self._tell(here)
        self.presence.show(room, now)
        if now - self._noted_at > NOTED_EVERY_S:
            self._spawn(self._note_here())  # a Redis that is away must not keep presence from the other rooms
        self.early_close.look_soon(room)

    async def _on_delta(self, message: Msg) -> None:
        delta = decode(message.data, BoardDelta)
        room = self.room
        if room is None:
            self._early.append(delta)
        elif not room.apply(delta):
            self.reload()
        else:
            if room.board.has_gap and self._gap_timer is None:
                self._watch_gap(room)
            if delta.answered:
                self.early_close.look_soon(room)

    def _watch_gap(self, room: Room) -> None:
        loop = asyncio.get_running_loop()
        self._gap_timer = loop.call_later(GAP_PATIENCE_S, self._check_gap, room.board.version)

    def _check_gap(self, version: int) -> None:
        """The board had a gap above `version` a while ago; when it still has that one, a delta was lost."""
        self._gap_timer = None
        room = self.room
        if room is None or not room.board.has_gap:
            return
        if room.board.version == version:
            self.reload()
        else:
            self._watch_gap(room)

    async def _on_event(self, message: Msg) -> None:
        event = decode(message.data, Event)
        async with self._lock:
            room = self.room
            if room is None or event.state.seq <= room.state.seq:
                return
            in_order = event.state.seq == room.state.seq + 1 and event.epoch == room.board.epoch
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
            await self._catch_up(room)
            room.boards.send_changes()
            room.announce()
            self._spawn(self._farewell(room))
            return
        room.announce()
        if kind == "kicked" and room.state.participant_id is not None:
            self.early_close.forget(room.state.participant_id)
            self.early_close.look_soon(room)
        if kind == "question_closed" and question is not None:
            await self._catch_up(room)
            await self._send_results(room, question)
            room.boards.send_changes()

    async def _catch_up(self, room: Room) -> None:
        """Make sure that the board holds everything the state speaks of."""
        if not room.partial and room.board.version >= room.state.board_version:
            return
        if not room.partial:
            await asyncio.sleep(CATCH_UP_S)
        if room.partial or room.board.version < room.state.board_version:
            room.load_board(await self._store.board(room))
            room.boards.send_whole()

    async def _send_results(self, room: Room, question: Question) -> None:
        if room.participants:
            room.send_results(question.id, await self._store.answers_to(room, question))

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
                await self._note_here()  # Redis may have lost that as well
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
                self._spawn(self._farewell(room))

    async def _renew(self, room: Room, connection: Connection) -> None:
        """Give one connection a snapshot with what is recorded of its participant's answers now."""
        try:
            if connection.participant_id is not None:
                if connection.participant_id not in room.board.entries:
                    connection.end(Close.KICKED, "not a participant of this session any more")
                    return
                recorded = await self._store.own_answers(room, connection.participant_id)
                answering.learn(connection, recorded)
            connection.send(room.snapshot(connection))
        finally:
            connection.renewing = False

    async def _farewell(self, room: Room) -> None:
        await asyncio.sleep(FAREWELL_S)
        for connection in list(room.connections.values()):
            connection.end(Close.ENDED, "the session has ended")

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(_logged(coroutine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _guarded(handler: Callable[[Msg], Awaitable[None]]) -> Callable[[Msg], Awaitable[None]]:
    """A handler that logs what it cannot digest: one bad message must not stop a subscription."""

    async def guarded(message: Msg) -> None:
        spans = traces.follow_all("event", message.headers)
        try:
            await handler(message)
        except BusError as error:
            log.warning("message_not_understood", subject=message.subject, error=str(error))
        except Exception:
            log.exception("message_not_handled", subject=message.subject)
        finally:
            for span in spans:
                span.end()

    return guarded


async def _logged(coroutine: Awaitable[None]) -> None:
    try:
        await coroutine
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("room_task_failed")
