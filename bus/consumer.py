"""The Dramatiq consumer of one queue: raw deliveries in, one message per actor call out.

With `batch_size` None a delivery is one Dramatiq message. Otherwise a message is a call with a list of payloads,
of whatever waits when a worker thread is free: small when idle, up to `batch_size` under load.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable
from logging import getLogger
from threading import Condition

from dramatiq import Consumer, MessageProxy
from dramatiq.errors import ActorNotFound, ConnectionClosed

from bus.burial import Burial
from bus.connection import Connection
from bus.deliveries import ACK, Delivery, Work
from bus.errors import InvalidMessage
from bus.held import Held
from bus.hurry import Hurries
from bus.later import Later
from bus.pacing import Pace
from bus.pull import Pull
from bus.streams import Durable
from bus.tasks import decode_task
from bus.telemetry.logs import described
from bus.terms import Terms

__all__ = ["JetStreamConsumer"]

_log = getLogger(__name__)

SUSPECT_AFTER = 2  # deliveries: once may be a restart, twice a bad day; from then on a message is run alone


class JetStreamConsumer(Consumer):
    """Reads `durables` (subjects and their suspects) into messages. Thread-safe.

    `capacity` is how many raw messages per subject are held at once, the ones in work included. Blocks up to
    `timeout_ms` per message. A message is in exactly one of: fresh, to be run again later, or handed out.
    """

    def __init__(
        self,
        connection: Connection,
        queue: str,
        durables: Iterable[Durable],
        terms: Terms,
        counts: Counter[str],
        *,
        capacity: int,
        timeout_ms: int,
    ) -> None:
        self.queue = queue
        self.closed = False
        self._connection = connection
        self._terms = terms
        self._counts = counts
        self._timeout_s = timeout_ms / 1000
        self._changed = Condition()
        self._fresh: deque[Delivery] = deque()
        self._later = Later()
        self._out = 0  # works handed out and not settled
        self._stopping = False
        self._asleep = False  # the reader, until somebody wakes it
        self._hurries = Hurries(connection, queue, self._hurry)
        self._burial = Burial(connection, queue, self._changed, counts)
        pace = Pace(terms.pace_s) if terms.pace_s else None
        self._pulls = [
            Pull(
                connection,
                durable,
                self._changed,
                self._deliver,
                self._look_again,
                pace=None if durable.suspects else pace,
                capacity=1 if durable.suspects else capacity,
                ack_wait_s=terms.ack_wait_s,
                max_ack_pending=terms.max_ack_pending,
            )
            for durable in durables
        ]

    def open(self) -> None:
        """Start reading. What cannot be read in full is closed again: whoever tries next must find all that is there."""
        try:
            for pull in self._pulls:
                self._connection.run(pull.open())
            if self._terms.pace_s:
                self._connection.run(self._hurries.open())
        except BaseException:
            self.close()
            raise

    def __next__(self) -> Held | None:
        deadline = time.monotonic() + self._timeout_s
        while True:
            with self._changed:
                if self._connection.closed:
                    raise ConnectionClosed("the NATS connection was closed")  # type: ignore[no-untyped-call]
                work = self._take()
                if work is None:
                    if deadline <= time.monotonic():
                        return None
                    self._asleep = True
                    self._changed.wait(max(self._next_look(deadline) - time.monotonic(), 0.0))
                    self._asleep = False
                    continue
                self._out += 1
            held = self._wrap(work)
            if held is not None:
                return held

    def ack(self, message: MessageProxy) -> None:
        """The actor has ended, well or not: Dramatiq calls this for failures without the Retries middleware too."""
        assert isinstance(message, Held)
        with self._changed:
            was_full = self._is_full
            self._out = max(self._out - 1, 0)  # 0: handed out by a consumer before this one
            self._settle(message)
            if was_full or self._later:
                self._look_again()

    def nack(self, message: MessageProxy) -> None:
        """Retries are exhausted, or there is no such actor."""
        assert isinstance(message, Held)
        with self._changed:
            self._out = max(self._out - 1, 0)
            if message.batch:
                self._batch_failed(message)
            else:
                reason = "unknown_actor" if isinstance(message.error, ActorNotFound) else "failed"
                self._burial.bury(message.work.deliveries[0], reason, message.error, message.actor_name)
            self._look_again()

    def requeue(self, messages: Iterable[MessageProxy]) -> None:
        """Hand messages back that were not started."""
        with self._changed:
            for message in messages:
                assert isinstance(message, Held)
                self._out = max(self._out - 1, 0)
                self._hand_back(message.work.deliveries)

    def stop(self) -> None:
        """Read no more and hand back at once what no worker thread has taken."""
        with self._changed:
            self._stopping = True
            for pull in self._pulls:
                pull.stop()
            self._hand_back([*self._fresh, *self._later.empty()])
            self._fresh.clear()
            self._look_again()

    def close(self) -> None:
        """Hand back all that is left, and wait until the server knows."""
        if self.closed:
            return
        self.closed = True
        self.stop()
        with self._changed:
            held = [delivery for pull in self._pulls for delivery in pull.held.values()]
            self._hand_back(delivery for delivery in held if delivery not in self._burial.moving)
        self._burial.wait(timeout_s=5.0)
        with self._changed:
            for pull in self._pulls:
                for delivery in list(pull.held.values()):
                    pull.hand_back(delivery)
        self._connection.flush(timeout_s=5.0)
        for pull in self._pulls:
            self._connection.run(pull.close())
        self._connection.run(self._hurries.close())

    def _hurry(self) -> list[int]:
        with self._changed:
            for pull in self._pulls:
                pull.hurry()
            return [sequence for pull in self._pulls for sequence in pull.settled]

    def _deliver(self, delivery: Delivery) -> None:
        """A message has come; on the loop thread, under the lock."""
        suspects = delivery.pull.durable.suspects
        self._counts["delivered"] += 1
        if delivery.deliveries > 1:
            self._counts["redelivered"] += 1
        if self._stopping:
            self._hand_back([delivery])
        elif suspects and delivery.deliveries > max(self._terms.max_deliveries - SUSPECT_AFTER, 1):
            self._burial.bury(delivery, "killed_its_worker", None, "")
        elif not suspects and delivery.deliveries > SUSPECT_AFTER:
            self._burial.suspect(delivery)
        elif suspects:
            self._later.add(Work([delivery]))
            self._look_again()
        else:
            self._fresh.append(delivery)
            if not self._is_full and self._is_ready:  # else looked at when a batch is done, or the reading
                self._look_again()

    @property
    def _is_full(self) -> bool:
        """As many batches are in work as may be."""
        return self._terms.batch_size is not None and self._out >= self._terms.max_batches

    @property
    def _is_ready(self) -> bool:
        """What is fresh makes a batch: it is full, or no more of it is just coming."""
        return len(self._fresh) >= (self._terms.batch_size or 1) or not any(
            pull.is_reading for pull in self._pulls
        )

    def _look_again(self) -> None:
        """Wake the reader, unless it is awake."""
        if self._asleep:
            self._asleep = False
            self._changed.notify()

    def _take(self) -> Work | None:
        """The next thing to run, if anything may run now."""
        if self._stopping:
            return None
        batch_size = self._terms.batch_size
        if self._is_full:
            return None
        if (work := self._later.take()) is not None:
            return work
        if not self._fresh:
            return None
        if batch_size is None:
            return Work([self._fresh.popleft()])
        if not self._is_ready:
            return None
        return Work([self._fresh.popleft() for _ in range(min(batch_size, len(self._fresh)))])

    def _next_look(self, deadline: float) -> float:
        """Monotonic time to look again when nothing changes."""
        if self._stopping:
            return deadline
        return min(deadline, max(self._later.due_at, time.monotonic() + 0.001))

    def _wrap(self, work: Work) -> Held | None:
        """The message for Dramatiq. What does not decode is a dead letter, and nobody's exception."""
        if self._terms.batch_size is not None:
            return Held.together(self.queue, self._terms.actor, work)
        try:
            return Held(decode_task(self.queue, work.deliveries[0].payload), work, batch=False)
        except InvalidMessage as error:
            with self._changed:
                self._out = max(self._out - 1, 0)
                self._burial.bury(work.deliveries[0], "undecodable", error, "")
            return None

    def _settle(self, message: Held) -> None:
        if message.error is None or (message.retried and not message.batch):
            self._counts["acked"] += len(message.work.deliveries)
            deliveries = message.work.deliveries
            for pull in {delivery.pull for delivery in deliveries}:
                pull.settle([delivery for delivery in deliveries if delivery.pull is pull], ACK)
        elif message.postponed or isinstance(message.error, self._terms.transient):
            message.work.waits += 1
            self._counts["postponed"] += len(message.work.deliveries)
            _log.warning("%s waits: %s", message, described(message.error))
            self._park(message.work, message.work.waits)
        elif message.batch:
            self._batch_failed(message)
        else:  # nobody retried it, nobody failed it: there is no Retries middleware
            self._burial.bury(message.work.deliveries[0], "failed", message.error, message.actor_name)

    def _batch_failed(self, message: Held) -> None:
        """Run the items one by one; one that fails alone is tried again a few times, then dead."""
        work = message.work
        if len(work.deliveries) > 1:
            self._counts["split"] += 1
            _log.warning("%s failed and is run one by one: %s", message, described(message.error))
            if self._stopping:
                self._hand_back(work.deliveries)
            else:
                self._later.add_first(Work([delivery]) for delivery in work.deliveries)
            return
        work.attempts += 1
        if work.attempts >= self._terms.max_deliveries:
            self._burial.bury(work.deliveries[0], "failed", message.error, message.actor_name)
        else:
            self._counts["retried"] += 1
            self._park(work, work.attempts)

    def _park(self, work: Work, times: int) -> None:
        """Keep it in our hands and run it later: its delivery count, which tells of deaths, stays as it is."""
        if self._stopping:
            self._hand_back(work.deliveries)
        else:
            self._later.park(work, times)

    def _hand_back(self, deliveries: Iterable[Delivery]) -> None:
        for delivery in deliveries:
            self._counts["handed_back"] += 1
            if delivery.pull.durable.suspects:
                self._burial.absolve(delivery)
            else:
                delivery.pull.hand_back(delivery)
