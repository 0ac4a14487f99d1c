"""Dramatiq on NATS JetStream, with ordinary queues and queues that are read in batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from logging import getLogger
from typing import Any

import dramatiq
from dramatiq import Broker, Message, Middleware, Worker
from dramatiq.common import iter_queue
from dramatiq.errors import ConnectionFailed, QueueJoinTimeout, QueueNotFound
from dramatiq.middleware import Retries
from nats.aio.client import Client
from nats.errors import Error as NatsError

from bus import barrier, nodes, streams, subjects
from bus.connection import Connection
from bus.consumer import JetStreamConsumer
from bus.errors import BusError, Unavailable
from bus.held import Held
from bus.nodes import Node, Process
from bus.pacing import Distance
from bus.tasks import encode_task, message_id, scheduled
from bus.terms import Queue, Terms

__all__ = ["JetStreamBroker", "encode_task"]

_log = getLogger(__name__)


class JetStreamBroker(Broker):
    """A Dramatiq broker on `connection`.

    Parameters:
      middleware: all of it; none by default. `Retries` is worth having, most others cost more than they give.
      max_deliveries: attempts of a batch's item before it is a dead letter, and, less two, of a suspect.
      ack_wait_s: how long after its holder's death a message is delivered again.
      max_ack_pending: messages of one subject in the hands of all processes together.
      transient: exceptions that are never a message's fault, besides bus.errors.Unavailable. Work that raises one
        is run again until it does not, 100 ms to 2 s later.
      replicas: of the streams, where this broker has to create them.
      publish_timeout_s: how long `enqueue` tries; then it raises PublishTimeout.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        middleware: list[Middleware] | None = None,
        max_deliveries: int = 5,
        ack_wait_s: float = 5.0,
        max_ack_pending: int = 50_000,
        transient: tuple[type[BaseException], ...] = (),
        replicas: int = 1,
        publish_timeout_s: float = 10.0,
    ) -> None:
        super().__init__(middleware or [])
        self.connection = connection
        self.queues: dict[str, Queue] = {}
        self.max_deliveries = max_deliveries
        self.ack_wait_s = ack_wait_s
        self.max_ack_pending = max_ack_pending
        self.transient: tuple[type[BaseException], ...] = (Unavailable, *transient)
        self.replicas = replicas
        self.publish_timeout_s = publish_timeout_s
        self._batch_actors: dict[str, str] = {}
        self._consumers: list[JetStreamConsumer] = []
        self._threads = 1
        self._counts: dict[str, Counter[str]] = {}
        self._introduced: Client | None = None  # the connection on which this process says who it is

    def declare_queue(self, queue_name: str) -> None:
        """Declare the ordinary queue on `tasks.<queue_name>`; nothing if it is declared. Raises InvalidSubject."""
        if queue_name not in self.queues:
            self._declare(queue_name, Queue(subjects.TASKS, (subjects.tasks(queue_name),)))

    def declare_batch_queue(
        self,
        queue_name: str,
        *,
        stream: str,
        subject: str | None = None,
        subjects: Sequence[str] = (),
        batch_size: int = 64,
        max_batches: int | None = None,
        pace_s: Distance = 0.0,
    ) -> None:
        """Declare a queue that is read in batches of up to `batch_size` raw messages of a work-queue stream.

        At most `max_batches` are handed out and unfinished (default: the worker's threads), so that batches grow
        while the threads are busy. It is read `pace_s` apart, or as far as that says when it is told how many bytes
        come in a second: see Pace. Needs a `batch_actor`.
        """
        if queue_name in self.queues:
            raise ValueError(f"queue {queue_name!r} is declared already")
        every = (subject, *subjects) if subject is not None else tuple(subjects)
        if not every:
            raise ValueError(f"queue {queue_name!r} needs a subject")
        queue = Queue(stream, every, batch_size, max_batches, pace_s)
        self._declare(queue_name, queue)

    def batch_actor(
        self, fn: Callable[[list[bytes]], None], *, queue_name: str, actor_name: str
    ) -> dramatiq.Actor[[list[bytes]], None]:
        """Bind `fn(payloads)` to a batch queue. It is called once per batch; an exception splits the batch."""
        if self._queue(queue_name).batch_size is None:
            raise ValueError(f"queue {queue_name!r} is not a batch queue")
        actor: dramatiq.Actor[[list[bytes]], None] = dramatiq.Actor(
            fn, broker=self, actor_name=actor_name, queue_name=queue_name, priority=0, options={}
        )
        self._batch_actors[queue_name] = actor_name
        return actor

    def enqueue(self, message: Message[Any], *, delay: int | None = None) -> Message[Any]:
        """Store a message; returns when JetStream has it. `delay` is in milliseconds, and the server's to wait.

        The same message (by id and retry number) without a delay is stored once within the duplicate window.
        Raises QueueNotFound, PublishTimeout or PublishRefused.
        """
        queue = self._queue(message.queue_name)
        if queue.batch_size is not None:
            raise ValueError(f"queue {message.queue_name!r} takes raw payloads: publish to its subject")
        self.emit_before("enqueue", message, delay)
        target = queue.subjects[0]
        try:
            if delay is None:
                self.connection.publish_stored(
                    target,
                    message.encode(),
                    message_id=message_id(message),
                    timeout_s=self.publish_timeout_s,
                )
            else:
                schedule, headers = scheduled(target, delay)
                self.connection.publish_stored(
                    schedule, message.encode(), headers=headers, timeout_s=self.publish_timeout_s
                )
        except BusError:
            if isinstance(
                message, Held
            ):  # Retries could not: Dramatiq would acknowledge the message all the same
                message.postponed = True
            raise
        if isinstance(message, Held):
            message.retried = True
        self.emit_after("enqueue", message, delay)
        return message

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 1000) -> JetStreamConsumer:
        """Start reading a queue. `prefetch` messages at once (ordinary queues), `timeout` in milliseconds."""
        queue = self._queue(queue_name)
        if queue.batch_size is not None and queue_name not in self._batch_actors:
            raise ValueError(f"queue {queue_name!r} has no batch actor")
        max_batches = queue.max_batches or self._threads
        terms = Terms(
            max_deliveries=self.max_deliveries,
            ack_wait_s=self.ack_wait_s,
            max_ack_pending=self.max_ack_pending,
            transient=self.transient,
            batch_size=queue.batch_size,
            max_batches=max_batches,
            pace_s=queue.pace_s,
            actor=self._batch_actors.get(queue_name, ""),
        )
        # Two batches beyond those in work: one to hand out at once, one on its way.
        capacity = prefetch if queue.batch_size is None else queue.batch_size * (max_batches + 2)
        consumer = JetStreamConsumer(
            self.connection,
            queue_name,
            queue.durables(queue_name),
            terms,
            self._counts[queue_name],
            capacity=max(capacity, 1),
            timeout_ms=timeout,
        )
        self._consumers = [other for other in self._consumers if not other.closed] + [consumer]
        try:
            self.connection.run(self._ensure_streams())
            self.connection.run(self._introduce())
            consumer.open()
        except (BusError, NatsError, TimeoutError) as error:  # Dramatiq tries again in a few seconds
            raise ConnectionFailed(f"queue {queue_name} cannot be read: {error}") from error  # type: ignore[no-untyped-call]
        return consumer

    def drained(self, queue_name: str, timeout_s: float) -> bool:
        """Wait until all that the queue held when this was called is acknowledged or dead; False at the timeout.

        No batch waits for more meanwhile. What is scheduled for later is not in the queue yet. Not to be called on the
        loop thread.
        """
        queue = self._queue(queue_name)
        hurry = subjects.hurry(queue_name) if queue.pace_s else None
        return self.connection.run(
            barrier.drained(self.connection, queue.durables(queue_name), timeout_s, hurry)
        )

    def hurry(self, queue_name: str) -> None:
        """Have a paced queue read at once, by all its workers."""
        self.connection.post(subjects.hurry(queue_name))

    def join(self, queue_name: str, *, timeout: int | None = None) -> None:
        """`drained` as Dramatiq spells it, `timeout` in milliseconds. Raises QueueJoinTimeout. For tests."""
        if not self.drained(queue_name, timeout / 1000 if timeout is not None else 10 * 365 * 86400.0):
            raise QueueJoinTimeout(queue_name)  # type: ignore[no-untyped-call]

    def flush(self, queue_name: str) -> None:
        """Drop all that waits in a queue, its suspects included."""
        queue = self._queue(queue_name)
        self.connection.run(streams.purge(self.connection.client, queue.stream, queue.subjects))

    def flush_all(self) -> None:
        """Drop all that waits in the declared queues."""
        for queue_name in self.queues:
            self.flush(queue_name)

    def stats(self) -> dict[str, dict[str, int]]:
        """Counts since this process started, by queue.

        delivered, redelivered (of these), acked, retried (items of split batches), postponed (transient errors), split (batches),
        suspected, dead, handed_back.
        """
        return {queue: dict(counts) for queue, counts in self._counts.items()}

    def close(self) -> None:
        """Hand everything back and disconnect."""
        for consumer in self._consumers:
            consumer.close()
        self._consumers.clear()
        self.connection.close()

    def emit_before(self, signal: str, *args: Any, **kwargs: Any) -> None:
        """Dramatiq's signals; a worker's start and end are also ours."""
        super().emit_before(signal, *args, **kwargs)
        if signal == "worker_boot":
            self._threads = args[0].worker_threads
        elif signal == "worker_shutdown":
            self._hand_back(args[0])

    def emit_after(self, signal: str, *args: Any, **kwargs: Any) -> None:
        """Dramatiq's signals; Retries hears nothing of failures that are not its to retry."""
        error = kwargs.get("exception")
        if signal != "process_message" or error is None or not isinstance(args[0], Held):
            super().emit_after(signal, *args, **kwargs)
            return
        if not args[0].batch and not isinstance(error, self.transient):
            super().emit_after(signal, *args, **kwargs)
            return
        for middleware in reversed(self.middleware):
            if not isinstance(middleware, Retries):
                try:
                    middleware.after_process_message(self, *args, **kwargs)
                except Exception:
                    _log.critical(
                        "Unexpected failure of %r after a failed message.", middleware, exc_info=True
                    )

    def _hand_back(self, worker: Worker) -> None:
        """A worker ends: other processes get at once what its threads have not started."""
        for consumer in self._consumers:
            consumer.stop()
        by_queue: dict[str, list[Held]] = {}
        for item in iter_queue(worker.work_queue):  # type: ignore[no-untyped-call]
            by_queue.setdefault(item.message.queue_name, []).append(item.message)
        for queue_name, messages in by_queue.items():
            worker.consumers[queue_name].requeue_messages(messages)

    async def _ensure_streams(self) -> None:
        await streams.ensure(self.connection.client, self.replicas, update=False)

    async def _introduce(self) -> None:
        """Have this process answer who it is, once per connection; it is known only here, after the fork."""
        client = self.connection.client
        if self._introduced is client:
            return
        self._introduced, process = client, Process.this()

        def describe() -> Node:
            queues = tuple(sorted({consumer.queue for consumer in self._consumers if not consumer.closed}))
            counts = {queue: dict(self._counts[queue]) for queue in queues}
            return process.node("worker", queues=queues, threads=self._threads, counts=counts)

        await nodes.answer(client, describe)

    def _declare(self, queue_name: str, queue: Queue) -> None:
        self.emit_before("declare_queue", queue_name)
        self.queues[queue_name] = queue
        self._counts[queue_name] = Counter()
        self.emit_after("declare_queue", queue_name)

    def _queue(self, queue_name: str) -> Queue:
        try:
            return self.queues[queue_name]
        except KeyError:
            raise QueueNotFound(queue_name) from None  # type: ignore[no-untyped-call]
