"""Reads one durable consumer by credit: asks for as many messages as there is room, ahead of need.

One persistent inbox takes the answers to all pull requests. nats-py's `fetch` makes an inbox per call and
waits for each request to end; this is several times faster.

Verdicts are confirmed by the server (the last of each group asks for it). It works them off in the background, and
when its disk is slow it may lag behind by more than `ack_wait` and deliver again what it was told to forget. So it is asked
for no more while it lags behind, and what is not confirmed and comes again is answered again, not run again. A server that was killed
may never confirm: it has forgotten that it delivered. So a verdict that had to be repeated is waited for no more; it is
only remembered, for when the message comes again.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import takewhile
from logging import getLogger
from threading import Condition

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from bus.connection import Connection
from bus.deliveries import IN_PROGRESS, NAK, Delivery
from bus.streams import Durable, ensure_durable

__all__ = ["Pull"]

_log = getLogger(__name__)

EXPIRES_S = 30.0
HEARTBEAT_S = 1.0
LAG_S = 1.0  # how far the server may be behind with verdicts before it is asked for more
STALLED_S = 3.0  # silence after which what was asked for is taken as lost
TICK_S = 0.25
REMEMBERED = 50_000  # repeated verdicts; whatever is beyond and comes again is run again
_NS = 1_000_000_000
_NOBODY = (0, None, b"")


class Pull:
    """Messages of one durable consumer that this process holds, and the requests for more.

    `changed` guards all state and is shared with the consumer that owns this. Everything in `held` is kept
    alive with IN_PROGRESS every third of `ack_wait_s` until it is released.
    """

    def __init__(
        self,
        connection: Connection,
        durable: Durable,
        changed: Condition,
        deliver: Callable[[Delivery], None],
        *,
        capacity: int,
        ack_wait_s: float,
        max_ack_pending: int,
    ) -> None:
        self.durable = durable
        self.held: dict[int, Delivery] = {}  # by stream sequence
        self._settling: dict[int, tuple[int, Delivery, bytes]] = {}  # (group, …, verdict), oldest group first
        self._doubted: dict[
            int, tuple[int, Delivery, bytes]
        ] = {}  # repeated, by stream sequence, oldest first
        self._group = 0
        self._told: deque[tuple[int, float]] = (
            deque()
        )  # groups that are not confirmed, and since when, monotonic
        self._settled_at = 0.0  # monotonic time of the last sign that verdicts arrive
        self._connection = connection
        self._changed = changed
        self._deliver = deliver
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
        self._inbox = client.new_inbox()
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
        self._settling.clear()
        self._doubted.clear()

    def stop(self) -> None:
        """Ask for no more; what still comes is handed back by `deliver`."""
        self._stopped = True

    def ask(self) -> None:
        """Ask for as much as there is room for, once that is worth a request. Any thread, under the lock."""
        if self._stopped or not self._inbox or time.monotonic() < self._paused_until:
            return
        if self._told and time.monotonic() - self._told[0][1] > LAG_S:
            return
        room = min(self._capacity - len(self.held), REMEMBERED - len(self._settling)) - self._asked
        if room <= 0 or (self._asked and room * 2 < self._capacity):
            return
        if not self._asked:
            self._heard_at = time.monotonic()
        self._asked += room
        request = {"batch": room, "expires": int(EXPIRES_S * _NS), "idle_heartbeat": int(HEARTBEAT_S * _NS)}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self.durable.stream}.{self.durable.name}"
        self._connection.post(subject, json.dumps(request).encode(), f"{self._inbox}.pull")

    def hand_back(self, delivery: Delivery) -> None:
        """Let somebody else have it, now. Any thread, under the lock."""
        if self._release(delivery):
            self._connection.post(delivery.reply, NAK)
            self.ask()

    def settle(self, deliveries: Sequence[Delivery], verdict: bytes) -> None:
        """ACK or TERM a group of deliveries. Any thread, under the lock."""
        settled = [(one, verdict) for one in deliveries if self._release(one)]
        if not self._settling:
            self._settled_at = time.monotonic()
        self._tell(settled)

    def _release(self, delivery: Delivery) -> bool:
        """Hold it no more; False when it is not held, or another message has got its sequence since."""
        if self.held.get(delivery.sequence) is not delivery:
            return False
        del self.held[delivery.sequence]
        return True

    def _confirmed(self, group: int) -> None:
        """The server has worked off the verdicts up to this group; it takes them in order."""
        with self._changed:
            self._settled_at = time.monotonic()
            while self._told and self._told[0][0] <= group:
                self._told.popleft()
            for verdicts in (self._doubted, self._settling):
                done = list(takewhile(lambda item: item[1][0] <= group, verdicts.items()))
                for sequence, _ in done:
                    del verdicts[sequence]
            self.ask()

    def _settle_again(self) -> None:
        """Repeat the verdicts that the server has not confirmed, once; under the lock."""
        unconfirmed, self._settling = self._settling, {}
        self._told.clear()
        self._settled_at = time.monotonic()
        self._tell([(delivery, verdict) for _, delivery, verdict in unconfirmed.values()])
        self._doubted |= self._settling
        self._settling = {}
        self._told.clear()
        while len(self._doubted) > REMEMBERED:
            del self._doubted[next(iter(self._doubted))]

    def _tell(self, verdicts: Sequence[tuple[Delivery, bytes]]) -> None:
        """Send a group of verdicts; the answer to the last one is the answer to all."""
        if not verdicts:
            return
        self._group += 1
        self._told.append((self._group, time.monotonic()))
        for number, (delivery, verdict) in enumerate(verdicts, start=1):
            delivery.payload = b""  # only who it was is remembered
            self._settling[delivery.sequence] = (self._group, delivery, verdict)
            reply = f"{self._inbox}.{self._group}" if number == len(verdicts) else ""
            self._connection.post(delivery.reply, verdict, reply)

    async def _received(self, msg: Msg) -> None:
        if not msg.reply.startswith("$JS.ACK."):
            answer = msg.subject.rpartition(".")[2]
            if answer == "pull":
                self._status(msg)
            elif answer.isdigit():
                self._confirmed(int(answer))
            return
        delivery = Delivery.of(msg, self)
        with self._changed:
            self._heard_at = time.monotonic()
            self._asked = max(self._asked - 1, 0)
            known = self.held.get(delivery.sequence)
            if known is not None and known.stored_at_ns == delivery.stored_at_ns:
                # The server gave up on us while we were cut off.
                known.reply, known.deliveries = delivery.reply, delivery.deliveries
                return
            # A server that lost its last messages gives their sequences to others.
            group, settled, verdict = self._settling.get(delivery.sequence, _NOBODY)
            if settled is not None and settled.stored_at_ns == delivery.stored_at_ns:
                self._settling[delivery.sequence] = group, delivery, verdict
                self._settle_again()  # what was told before may have been lost with it
                self.ask()
                return
            group, settled, verdict = self._doubted.get(delivery.sequence, _NOBODY)
            if settled is not None and settled.stored_at_ns == delivery.stored_at_ns:
                del self._doubted[delivery.sequence]
                self._tell([(delivery, verdict)])
                self.ask()
                return
            self.held[delivery.sequence] = delivery
            self._deliver(delivery)

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
            self.ask()

    def _ask_anew(self) -> None:
        with self._changed:
            self._asked = 0
            self._paused_until = 0.0
            self._settle_again()
            self.ask()

    async def _tick(self) -> None:
        """Heartbeats for what is held, and a new request where the old ones went silent."""
        beat_at = time.monotonic()
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            if self._lost_consumer and not self._stopped:
                self._lost_consumer = not await self._try_to_ensure()
            with self._changed:
                if self._settling and now - self._settled_at > self._ack_wait_s:
                    self._settle_again()
                if self._asked and now - self._heard_at > STALLED_S:
                    self._asked = 0
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
