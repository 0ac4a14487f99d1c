"""The rooms of this node: loaded when their first connection arrives, fed by the bus, dropped when empty.

A room subscribes before it loads, so that nothing falls in between. What is lost on the way (NATS core promises nothing)
shows as a gap, in `seq` or in the leaderboard's versions, or as a reconnect; then the room is loaded afresh.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec
import redis
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from bus import subjects
from bus.errors import BusError
from bus.leaderboard import Leaderboard
from bus.messages import BoardDelta, Event, Outcome, Quiz, RoomNote, SessionState, decode, encode
from db import live, scoreboard
from db.errors import Conflict, NotFound
from db.pool import Pool
from web.gateway.connection import Connection, OwnAnswer
from web.gateway.errors import Close
from web.gateway.room import Room

__all__ = ["Rooms"]

GAP_PATIENCE_S = 1.0
"""How long a leaderboard delta may be overtaken by later ones before it counts as lost."""

CATCH_UP_S = 0.03
"""How long the last deltas before a close may lag behind its event before the board is loaded instead."""

RELOAD_RETRY_S = 1.0

LINGER_S = 10.0
"""How long a room without connections is kept: on a reload of the page everybody is back at once."""

FAREWELL_S = 1.0
"""From `ended` to the closing of the sockets."""

log = structlog.get_logger(__name__)


class _Resident:
    """One room with its subscriptions."""

    def __init__(self) -> None:
        self.room: Room | None = None
        self.ready = asyncio.Lock()
        self.subscriptions: list[Subscription] = []
        self.early: list[BoardDelta] = []  # deltas that arrived while the room was loading
        self.gap_timer: asyncio.TimerHandle | None = None


class Rooms:
    """All rooms of one gateway node."""

    def __init__(self, nc: Client, pool: Pool, redis_client: redis.Redis, node_id: str) -> None:
        self._nc = nc
        self._pool = pool
        self._redis = redis_client
        self._node_id = node_id
        self._residents: dict[str, _Resident] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def all(self) -> list[Room]:
        """Every room that is loaded."""
        return [resident.room for resident in self._residents.values() if resident.room is not None]

    async def open(self, session_id: str) -> Room | None:
        """The room of a session, loaded if need be; None for a session that does not exist."""
        resident = self._residents.setdefault(session_id, _Resident())
        async with resident.ready:
            if resident.room is None:
                try:
                    if not resident.subscriptions:
                        await self._subscribe(session_id, resident)
                    resident.room = await self._load(session_id)
                finally:
                    if resident.room is None:
                        await self._drop(session_id, resident)
                if resident.room is not None:
                    for delta in resident.early:
                        resident.room.apply(delta)
                    resident.early.clear()
        return resident.room

    async def enter(self, connection: Connection) -> Room | None:
        """Bring a connection into its room, loaded if need be, with its participant's answers up to date.

        The caller writes to it before the next await, so that no event can come first; then it calls `tell_others`.
        None for a session that does not exist.
        """
        while True:
            room = await self.open(connection.session_id)
            if room is None:
                return None
            seq = room.state.seq
            if connection.participant_id is not None:
                connection.answers = await self.own_answers(room, connection.participant_id)
            resident = self._residents.get(connection.session_id)
            if resident is not None and resident.room is room and room.state.seq == seq:
                break
        older = room.join(connection)
        if older is not None:
            room.leave(older)
            older.end(Close.REPLACED, "a newer connection of this participant took over")
        return room

    async def tell_others(self, connection: Connection) -> None:
        """Tell the other nodes that this connection is now the participant's only one."""
        if connection.participant_id is not None:
            note = RoomNote(self._node_id, connection.participant_id, connection.id)
            await self._nc.publish(subjects.rooms(connection.session_id), encode(note))

    def leave(self, room: Room, connection: Connection) -> None:
        """Remove a connection; a room that stays empty is dropped."""
        room.leave(connection)
        resident = self._residents.get(room.session_id)
        if resident is not None and resident.room is room and not room.connections:
            self._spawn(self._drop_if_empty(room.session_id, resident))

    async def own_answers(self, room: Room, participant_id: str) -> dict[str, OwnAnswer]:
        """What is recorded of a participant's answers so far, by question id."""
        asked = room.quiz.questions
        if room.state.pacing == "host":
            asked = asked[: room.state.question_index + 1]
        recorded = await self._pool.run(
            scoreboard.answers_of_participant,
            self._redis,
            room.session_id,
            participant_id,
            [question.id for question in asked],
        )
        hidden = None if room.state.state not in ("open", "closing") else room.open_question
        return {
            question_id: OwnAnswer(
                answer_id=answer.answer_id,
                option=answer.option,
                stored=True,
                correct=answer.correct,
                points=answer.points,
                told=hidden is None or hidden.id != question_id,
            )
            for question_id, answer in recorded.items()
        }

    def deliver(self, outcomes: list[Outcome]) -> None:
        """Outcomes of answers that this node sent in."""
        for outcome in outcomes:
            resident = self._residents.get(outcome.session_id)
            if resident is not None and resident.room is not None:
                resident.room.settle(outcome)

    def resync(self) -> None:
        """Load every room afresh, one after the other: messages may have been lost."""

        async def reload_all() -> None:
            for session_id in list(self._residents):
                await self._reload(session_id)

        self._spawn(reload_all())

    async def close(self) -> None:
        """Drop every room."""
        for task in list(self._tasks):
            task.cancel()
        for session_id, resident in list(self._residents.items()):
            await self._drop(session_id, resident)

    # Loading

    async def _subscribe(self, session_id: str, resident: _Resident) -> None:
        async def on_event(message: Msg) -> None:
            await self._on_event(session_id, resident, decode(message.data, Event))

        async def on_delta(message: Msg) -> None:
            self._on_delta(session_id, resident, decode(message.data, BoardDelta))

        async def on_note(message: Msg) -> None:
            note = decode(message.data, RoomNote)
            if resident.room is not None and note.node_id != self._node_id:
                resident.room.replace(note.participant_id, note.connection_id)

        handlers: list[tuple[str, Callable[[Msg], Awaitable[None]]]] = [
            (subjects.events(session_id), on_event),
            (subjects.leaderboard(session_id), on_delta),
            (subjects.rooms(session_id), on_note),
        ]
        for subject, handler in handlers:
            resident.subscriptions.append(await self._nc.subscribe(subject, cb=_guarded(handler)))
        await self._nc.flush()

    async def _load(self, session_id: str) -> Room | None:
        try:
            loaded = await self._pool.run(live.restore, self._redis, session_id)
        except (NotFound, Conflict):
            return None
        quiz = msgspec.json.decode(loaded.quiz, type=Quiz)
        return Room(quiz, decode(loaded.state, SessionState), await self._load_board(session_id))

    async def _load_board(self, session_id: str) -> Leaderboard:
        board = await self._pool.run(scoreboard.board, self._redis, session_id)
        if board is None:
            raise LookupError(f"no leaderboard of session {session_id}")
        return Leaderboard.load(board.epoch, board.version, board.rows)

    async def _reload(self, session_id: str) -> None:
        """Bring a room up to date from Redis and give everybody in it a snapshot; tries until Redis answers."""
        while True:
            try:
                return await self._reload_now(session_id)
            except Exception:
                log.exception("room_not_reloaded_yet")
                await asyncio.sleep(RELOAD_RETRY_S)

    async def _reload_now(self, session_id: str) -> None:
        resident = self._residents.get(session_id)
        if resident is None:
            return
        async with resident.ready:
            room = resident.room
            if room is None:
                return
            fresh = await self._load(session_id)
            if fresh is None:
                return
            room.load_board(fresh.board)
            if fresh.state.seq >= room.state.seq:
                room.move(fresh.state)
            await asyncio.gather(
                *(self._renew(room, connection) for connection in list(room.connections.values()))
            )
            if room.state.state == "ended":
                self._spawn(self._farewell(room))

    async def _renew(self, room: Room, connection: Connection) -> None:
        """Give one connection a snapshot, after the room was loaded afresh."""
        if connection.participant_id is not None:
            if connection.participant_id not in room.board.entries:
                connection.end(Close.KICKED, "not a participant of this session any more")
                return
            own = await self.own_answers(room, connection.participant_id)
            pending = {key: answer for key, answer in connection.answers.items() if not answer.recorded}
            connection.answers = pending | own
        connection.send(room.snapshot(connection))

    async def _drop_if_empty(self, session_id: str, resident: _Resident) -> None:
        await asyncio.sleep(LINGER_S)
        async with resident.ready:
            if resident.room is not None and not resident.room.connections:
                await self._drop(session_id, resident)

    async def _drop(self, session_id: str, resident: _Resident) -> None:
        if self._residents.get(session_id) is resident:
            del self._residents[session_id]
        if resident.gap_timer is not None:
            resident.gap_timer.cancel()
        subscriptions, resident.subscriptions = resident.subscriptions, []
        resident.room = None
        for subscription in subscriptions:
            with suppress(Exception):
                await subscription.unsubscribe()

    # Feeding

    def _on_delta(self, session_id: str, resident: _Resident, delta: BoardDelta) -> None:
        room = resident.room
        if room is None:
            resident.early.append(delta)
            return
        if not room.apply(delta):
            self._spawn(self._reload(session_id))
        elif room.board.has_gap and resident.gap_timer is None:
            loop = asyncio.get_running_loop()
            resident.gap_timer = loop.call_later(
                GAP_PATIENCE_S, self._check_gap, session_id, resident, room.board.version
            )

    def _check_gap(self, session_id: str, resident: _Resident, version: int) -> None:
        """The board had a gap above `version` a while ago; when it still has that one, a delta was lost."""
        resident.gap_timer = None
        room = resident.room
        if room is None or not room.board.has_gap:
            return
        if room.board.version == version:
            self._spawn(self._reload(session_id))
        else:
            loop = asyncio.get_running_loop()
            resident.gap_timer = loop.call_later(
                GAP_PATIENCE_S, self._check_gap, session_id, resident, room.board.version
            )

    async def _on_event(self, session_id: str, resident: _Resident, event: Event) -> None:
        async with resident.ready:
            room = resident.room
            if room is None or event.state.seq <= room.state.seq:
                return
            in_order = event.state.seq == room.state.seq + 1 and event.epoch == room.board.epoch
            if in_order:
                room.move(event.state)
        try:
            if in_order:
                return await self._announce(room)
        except Exception:
            log.exception("event_not_announced")
        await self._reload(session_id)

    async def _announce(self, room: Room) -> None:
        """Tell everybody in the room what has just happened."""
        kind = room.state.event
        if kind == "question_closed":
            room.announce()
            await self._catch_up(room)
            await self._send_results(room)
            room.send_board()
        elif kind == "ended":
            await self._catch_up(room)
            room.send_board()
            room.announce()
            self._spawn(self._farewell(room))
        else:
            room.announce()

    async def _catch_up(self, room: Room) -> None:
        """Make sure that the board holds everything the state speaks of."""
        if room.board.version >= room.state.board_version:
            return
        await asyncio.sleep(CATCH_UP_S)
        if room.board.version < room.state.board_version:
            room.load_board(await self._load_board(room.session_id))
            room.send_full_board()

    async def _send_results(self, room: Room) -> None:
        question = room.open_question
        if question is None or not room.participants:
            return
        recorded = await self._pool.run(
            scoreboard.answers_of_question, self._redis, room.session_id, question.id, list(room.participants)
        )
        room.send_results(
            question.id,
            {
                participant_id: OwnAnswer(
                    answer_id=answer.answer_id,
                    option=answer.option,
                    stored=True,
                    correct=answer.correct,
                    points=answer.points,
                )
                for participant_id, answer in recorded.items()
            },
        )

    async def _farewell(self, room: Room) -> None:
        await asyncio.sleep(FAREWELL_S)
        for connection in list(room.connections.values()):
            connection.end(Close.ENDED, "the session has ended")

    def _spawn(self, coroutine: Any) -> None:
        task = asyncio.get_running_loop().create_task(_logged(coroutine))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _guarded(handler: Callable[[Msg], Awaitable[None]]) -> Callable[[Msg], Awaitable[None]]:
    """A handler that logs what it cannot digest: one bad message must not stop a subscription."""

    async def guarded(message: Msg) -> None:
        try:
            await handler(message)
        except BusError as error:
            log.warning("message_not_understood", subject=message.subject, error=str(error))
        except Exception:
            log.exception("message_not_handled", subject=message.subject)

    return guarded


async def _logged(coroutine: Awaitable[None]) -> None:
    try:
        await coroutine
    except asyncio.CancelledError:
        raise
    except Exception:
        log.exception("room_task_failed")
