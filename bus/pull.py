"""Reads one durable consumer by credit: asks for as many messages as there is room, ahead of need.

One persistent inbox takes the answers to all pull requests. nats-py's `fetch` makes an inbox per call and
waits for each request to end; this is several times faster.

With a pace it is one reading after the other, and while much comes, nothing is asked for in between: what arrives stays with
the server, and wakes nobody. Such a reading brings all that is there, or else the first that comes.

It is asked for no more while the server lags behind with verdicts.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from logging import getLogger
from threading import Condition

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from bus.connection import Connection
from bus.deliveries import IN_PROGRESS, NAK, Delivery
from bus.pacing import Pace
from bus.streams import Durable, ensure_durable
from bus.verdicts import REMEMBERED, Verdicts

__all__ = ["Pull"]

_log = getLogger(__name__)

EXPIRES_S = 30.0
HEARTBEAT_S = 1.0
LAG_S = 1.0  # how far the server may be behind with verdicts before it is asked for more
STALLED_S = 3.0  # silence after which what was asked for is taken as lost
TICK_S = 0.25
FEW = 64  # messages of a reading while nothing waits: they come one by one, and no status ends it
_NS = 1_000_000_000


class Pull:
    """Messages of one durable consumer that this process holds, and the requests for more.

    `changed` guards all state and is shared with the consumer that owns this. Everything in `held` is kept
    alive with IN_PROGRESS every third of `ack_wait_s` until it is released. `complete` is called under the lock when
    a reading has ended.
    """

    def __init__(
        self,
        connection: Connection,
        durable: Durable,
        changed: Condition,
        deliver: Callable[[Delivery], None],
        complete: Callable[[], None],
        *,
        pace: Pace | None,
        capacity: int,
        ack_wait_s: float,
        max_ack_pending: int,
    ) -> None:
        self.durable = durable
        self.held: dict[int, Delivery] = {}  # by stream sequence
        self._verdicts = Verdicts(connection.post)
        self._connection = connection
        self._changed = changed
        self._deliver = deliver
        self._complete = complete
        self._pace = pace
        self._rest: asyncio.TimerHandle | None = None  # until it ends, nothing is asked for
        self._gathers = pace is not None  # the reading that is going on brings what is there
        self._read_bytes = 0  # by that reading
        self._capacity = capacity
        self._ack_wait_s = ack_wait_s
        self._max_ack_pending = max_ack_pending
        self._asked = 0  # messages asked for that have not come
        self._inbox = ""
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None
        self._stop_listening: Callable[[], None] = lambda: None
        self._heard_at = 0.0
        self._lost_consumer = False
        self._paused_until = 0.0
        self._stopped = False

    async def open(self) -> None:
        """Create the consumer, subscribe and ask for messages. On the loop thread."""
        await self._ensure()
        client = self._connection.client
        self._inbox = self._verdicts.inbox = client.new_inbox()
        self._subscription = await client.subscribe(f"{self._inbox}.*", cb=self._received)
        self._stop_listening = self._connection.on_reconnect(self._ask_anew)
        self._task = asyncio.get_running_loop().create_task(self._tick())
        with self._changed:
            self.ask()

    async def close(self) -> None:
        """Forget everything held; hand it back first."""
        self.stop()
        self._stop_listening()
        if self._task is not None:
            self._task.cancel()
        if self._subscription is not None:
            with suppress(NatsError):  # the connection is closed: nothing to unsubscribe from
                await self._subscription.unsubscribe()
        self.held.clear()
        self._verdicts.clear()

    def stop(self) -> None:
        """Ask for no more; what still comes is handed back by `deliver`."""
        self._stopped = True

    def ask(self) -> None:
        """Ask for as much as there is room for, once that is worth a request. Any thread, under the lock."""
        if self._stopped or not self._inbox or self._rest or time.monotonic() < self._paused_until:
            return
        if self._verdicts.lag_s > LAG_S:
            return
        room = min(self._capacity - len(self.held), REMEMBERED - len(self._verdicts)) - self._asked
        if room <= 0 or (self._asked and (self._pace or room * 2 < self._capacity)):
            return
        if not self._asked:
            self._heard_at = time.monotonic()
        if self._pace and not self._gathers:
            room = min(room, FEW)
        self._asked += room
        request = {"batch": room, "expires": int(EXPIRES_S * _NS), "idle_heartbeat": int(HEARTBEAT_S * _NS)}
        if self._gathers:
            request["no_wait"] = True  # with `expires`: what is there, or else the first that comes
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self.durable.stream}.{self.durable.name}"
        self._connection.post(subject, json.dumps(request).encode(), f"{self._inbox}.pull")

    @property
    def is_reading(self) -> bool:
        """More comes at this moment."""
        return self._gathers and self._read_bytes > 0 and self._asked > 0

    @property
    def settled(self) -> list[int]:
        """Stream sequences of what has its verdict, and that this server has not confirmed yet. Under the lock."""
        return self._verdicts.sequences

    def hurry(self) -> None:
        """Read now. On the loop thread, under the lock."""
        if self._rest:
            self._rest.cancel()
            self._rest = None
        self.ask()

    def hand_back(self, delivery: Delivery) -> None:
        """Let somebody else have it, now. Any thread, under the lock."""
        if self._release(delivery):
            self._connection.post(delivery.reply, NAK)
            self.ask()

    def settle(self, deliveries: Sequence[Delivery], verdict: bytes) -> None:
        """ACK or TERM a group of deliveries. Any thread, under the lock."""
        self._verdicts.tell([one for one in deliveries if self._release(one)], verdict)

    def _release(self, delivery: Delivery) -> bool:
        """Hold it no more; False when it is not held, or another message has got its sequence since."""
        if self.held.get(delivery.sequence) is not delivery:
            return False
        del self.held[delivery.sequence]
        return True

    async def _received(self, msg: Msg) -> None:
        if not msg.reply.startswith("$JS.ACK."):
            answer = msg.subject.rpartition(".")[2]
            if answer == "pull":
                self._status(msg)
            elif answer.isdigit():
                with self._changed:
                    self._verdicts.confirmed(int(answer))
                    self.ask()
            return
        delivery = Delivery.of(msg, self)
        with self._changed:
            self._heard_at = time.monotonic()
            self._asked = max(self._asked - 1, 0)
            self._read_bytes += len(delivery.payload)
            known = self._knows(delivery)
            if not known:
                self.held[delivery.sequence] = delivery
                self._deliver(delivery)
            if not self._asked:
                self._end(there_is_more=True)
            elif known:
                self.ask()

    def _knows(self, delivery: Delivery) -> bool:
        """Whether it has come before: it is in work, or its verdict is given and was not heard."""
        known = self.held.get(delivery.sequence)
        if known is not None and known.stored_at_ns == delivery.stored_at_ns:
            # The server gave up on us while we were cut off.
            known.reply, known.deliveries = delivery.reply, delivery.deliveries
            return True
        return self._verdicts.stands(delivery)

    def _end(self, *, there_is_more: bool = False) -> None:
        """A reading has ended; on the loop thread, under the lock."""
        self._asked = 0
        if self._pace and self._read_bytes:
            rest_s = self._pace.rest_s(self._read_bytes)
            self._gathers = rest_s > 0
            if self._gathers and not there_is_more and not self._rest:
                self._rest = asyncio.get_running_loop().call_later(rest_s, self._rested)
        self._read_bytes = 0
        self._complete()
        self.ask()

    def _rested(self) -> None:
        with self._changed:
            self._rest = None
            self.ask()

    def _status(self, msg: Msg) -> None:
        headers = msg.headers or {}
        status = headers.get("Status", "")
        with self._changed:
            self._heard_at = time.monotonic()
            if status == "100":
                return
            pending = headers.get("Nats-Pending-Messages", "")
            self._asked = max(self._asked - int(pending), 0) if pending.isdigit() else 0
            if status not in ("404", "408"):
                self._paused_until = time.monotonic() + TICK_S
                self._lost_consumer = status == "503" or "Deleted" in headers.get("Description", "")
                _log.info("%s: %s %s", self.durable.name, status, headers.get("Description", "no answer"))
            if self._asked:
                self.ask()
            else:
                self._end()

    def _ask_anew(self) -> None:
        with self._changed:
            self._paused_until = 0.0
            self._verdicts.repeat()
            self._end()

    async def _tick(self) -> None:
        """Heartbeats for what is held, and a new request where the old ones went silent."""
        beat_at = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            if self._lost_consumer and not self._stopped:
                self._lost_consumer = not await self._try_to_ensure()
            with self._changed:
                if self._verdicts.silent_s > self._ack_wait_s:
                    self._verdicts.repeat()
                if self._asked and now - self._heard_at > STALLED_S:
                    self._end()
                self.ask()
                if now - beat_at + TICK_S >= self._ack_wait_s / 3:
                    beat_at = now
                    for delivery in self.held.values():
                        self._connection.post(delivery.reply, IN_PROGRESS)

    async def _ensure(self) -> None:
        await ensure_durable(
            self._connection.client,
            self.durable,
            ack_wait_s=self._ack_wait_s,
            max_ack_pending=self._max_ack_pending,
        )

    async def _try_to_ensure(self) -> bool:
        try:
            await self._ensure()
        except (TimeoutError, NatsError, OSError) as error:
            _log.warning("%s cannot be created yet: %s", self.durable.name, error or type(error).__name__)
            return False
        return True
