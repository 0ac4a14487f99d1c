"""The gateway of one node: its rooms, its outboxes, its heartbeat, its drain."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import redis
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from bus import subjects
from bus.errors import InvalidMessage
from bus.messages import Outcome, decode
from bus.receipts import Receipts
from bus.telemetry import context, traces
from db.pool import Pool
from web import metrics
from web.gateway import answering, outgoing
from web.gateway.admission import Admission
from web.gateway.answering import Accepted, Waiting
from web.gateway.connection import Connection, Newcomer
from web.gateway.drain import drain
from web.gateway.errors import BadFrame, Close
from web.gateway.incoming import Answer
from web.gateway.logins import LoginSockets
from web.gateway.outbox import Outbox
from web.gateway.presence import EVERY_S
from web.gateway.proofs import Proofs
from web.gateway.room import Room
from web.gateway.rooms import Rooms
from web.gateway.sink import frame
from web.gateway.store import Store
from web.sampling import sample
from web.signing import Secrets

__all__ = ["HEARTBEAT_MS", "Gateway", "Settings"]

HEARTBEAT_MS = 10_000
SILENCE_S = 25.0
"""A connection that has sent nothing for this long is closed (4009)."""

SECOND_LOOKS_S = (1.0, 3.0, 7.0)
"""When a self-paced participant who came back is looked up again: outcomes may have gone to the node that died."""

LATER_LOOKS_S = 10.0

FLUSH_TIMEOUT_S = 2.0
"""Whoever closes a question waits for it no longer than that by far."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a gateway needs to know of its configuration."""

    node_id: str
    secret: Secrets  # sign tickets
    origins: frozenset[str]  # browsers' origins allowed beside the request's own host
    streams: int = 1  # subjects that submissions are spread over
    rate: float = 10.0  # messages a second one connection may send
    burst: float = 20.0  # … and at once
    most: int = 20_000  # connections of this node
    per_network: int = 5_000  # … from one address, or /64 of IPv6
    per_user: int = 20  # … of one user


class Gateway:
    """Everything behind `GET /ws` on one node."""

    def __init__(
        self,
        settings: Settings,
        nc: Client,
        js: JetStreamContext,
        receipts: Receipts,
        pool: Pool,
        redis_client: redis.Redis,
    ) -> None:
        self.settings = settings
        self.pool = pool
        self.redis = redis_client
        self.nc = nc
        self.store = Store(pool, redis_client, js)
        self.rooms = Rooms(nc, self.store, settings.node_id, self._flush)
        self.logins = LoginSockets(nc, pool, settings.per_user)
        self.proofs = Proofs(pool, redis_client)
        self.admission = Admission(settings.most, settings.per_network)
        self.draining = False
        self.newcomers: set[Newcomer] = set()  # accepted, and not in a room yet
        self._receipts = receipts
        self._outboxes: dict[str, Outbox] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._looks: set[asyncio.Task[None]] = set()
        self._conversations: dict[asyncio.Task[None], str] = {}  # and the network of each

    async def start(self) -> None:
        """Listen for outcomes and for the end of logins, and start the heartbeat."""
        await self.logins.start()
        await self.nc.subscribe(subjects.results(self.settings.node_id), cb=self._on_results)
        loop = asyncio.get_running_loop()
        self._tasks += [
            loop.create_task(self._beat()),
            loop.create_task(self._show_presence()),
            loop.create_task(sample(self)),
        ]

    def resync(self) -> None:
        """The bus was away or dropped something: every room is loaded afresh, and everybody gets a snapshot."""
        self.rooms.resync()
        self.logins.look_now()

    def begin(self, conversation: Coroutine[Any, Any, None], network: str) -> asyncio.Task[None]:
        """Run what one socket is served by, and give back its place when it ends: with the gateway at the latest."""
        about = context.apart()  # with nothing of the request, which would be kept for as long
        task = asyncio.get_running_loop().create_task(conversation, context=about)
        self._conversations[task] = network
        task.add_done_callback(self._ended, context=about)
        return task

    def answer(self, room: Room, connection: Connection, answer: Answer) -> None:
        """Judge an answer; an accepted one goes to JetStream and is acknowledged when it is stored."""
        try:
            verdict = answering.consider(room, connection, answer, self.settings.node_id)
        except BadFrame:
            metrics.ANSWERS["rejected"].inc()
            raise
        if isinstance(verdict, Accepted):
            submission = verdict.submission
            span = None if (tracing := traces.tracing()) is None else tracing.begin("answer")
            if span is not None:
                connection.answers[submission.question_id].traceparent = span.traceparent
            self._outbox(room.session_id).add(
                submission, lambda: answering.stored(connection, submission), span
            )
        elif not isinstance(verdict, Waiting):
            if verdict.status != "accepted":  # else it is counted already
                metrics.ANSWERS[verdict.status if verdict.status in metrics.ANSWERS else "rejected"].inc()
            connection.send(verdict)

    def look_again(self, room: Room, connection: Connection) -> None:
        """Tell a self-paced participant who came back what was recorded meanwhile: the node that asked may be gone."""
        at = room.question_of(connection)
        if at is None or connection.participant_id is None:
            return
        question_id, participant_id = at[1].id, connection.participant_id

        async def looks() -> None:
            for wait_s in chain(SECOND_LOOKS_S, repeat(LATER_LOOKS_S)):
                await asyncio.sleep(wait_s)
                known = connection.answers.get(question_id)
                if connection.id not in room.connections or (known is not None and known.recorded):
                    return
                try:
                    own = await self.store.own_answers(room, participant_id)
                except Exception:
                    log.exception("second_look_failed")
                    continue
                for answered_id, answer in own.items():
                    known = connection.answers.get(answered_id)
                    if known is None or not known.recorded:
                        connection.answers[answered_id] = answer
                        room.results.send(connection, answered_id, answer)

        task = asyncio.get_running_loop().create_task(looks())
        self._looks.add(task)
        task.add_done_callback(self._looks.discard)

    async def drain(self) -> None:
        """Send everybody away gently, and store what was accepted."""
        self.draining = True
        connections = [connection for room in self.rooms.all() for connection in room.connections.values()]
        await drain(connections, list(self.newcomers), list(self._outboxes.values()))

    async def stop(self) -> None:
        """Stop listening; call `drain` first."""
        self.logins.stop()
        for task in [*self._tasks, *self._looks, *self._conversations]:
            task.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)
        for outbox in self._outboxes.values():
            await outbox.close()
        await self.rooms.close()

    @property
    def waiting(self) -> int:
        """Answers that wait to be stored."""
        return sum(outbox.waiting for outbox in self._outboxes.values())

    async def _flush(self, session_id: str) -> bool:
        """Wait until what was accepted of this session so far is stored; False when that takes too long."""
        outbox = self._outboxes.get(subjects.submissions(session_id, self.settings.streams))
        return outbox is None or await outbox.flush(FLUSH_TIMEOUT_S)

    def _ended(self, conversation: asyncio.Task[None]) -> None:
        self.admission.give_back(self._conversations.pop(conversation))

    def _outbox(self, session_id: str) -> Outbox:
        subject = subjects.submissions(session_id, self.settings.streams)
        outbox = self._outboxes.get(subject)
        if outbox is None:
            outbox = self._outboxes[subject] = Outbox(self._receipts, subject)
        return outbox

    async def _on_results(self, message: Msg) -> None:
        try:
            self.rooms.deliver(decode(message.data, list[Outcome]))
        except InvalidMessage as error:
            log.warning("results_not_understood", error=str(error))
        except Exception:
            log.exception("results_not_delivered")

    async def _show_presence(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.rooms.show_presence()
            except Exception as error:  # NATS is away: it is told again
                log.warning("presence_not_told", error=type(error).__name__)

    async def _beat(self) -> None:
        """Ping everybody each heartbeat; close whoever was silent for too long."""
        while True:
            await asyncio.sleep(HEARTBEAT_MS / 1000)
            now = time.monotonic()
            t = time.time_ns() // 1_000_000
            ping = frame(outgoing.encode(outgoing.Ping(t=t)))
            for room in self.rooms.all():
                for connection in list(room.connections.values()):
                    if now - connection.last_heard > SILENCE_S:
                        connection.end(Close.HEARTBEAT, "nothing was heard from this connection")
                    else:
                        connection.ping(time.monotonic(), t, ping)


def error_of(bad: BadFrame) -> outgoing.Error:
    """The `error` message for a frame that was refused."""
    return outgoing.Error(code=bad.code, message=bad.message, retryable=False, re=bad.re)
