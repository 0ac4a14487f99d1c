"""One process that works off messages which do nothing: `python -m scripts.benching.sides.broker_side WHICH COUNT`.

It fills the queue first, then starts to read it. Says wall and CPU seconds from the first call to the last; with JetStream also
when the server had worked off the last acknowledgement.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import dramatiq
import nats
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from bus import subjects
from bus.broker import JetStreamBroker
from bus.connection import Connection
from bus.streams import Durable, ensure, purge
from scripts.benching.sides.lines import say
from scripts.benching.sides.tally import Tally

THREADS = 2
BATCH = 256
PLAIN = "submissions.9"  # a work queue has one consumer for a subject
KEPT = "KEPT"
tally = Tally()


def jetstream_batches(count: int) -> None:
    """Our batch queue: one call for up to 256 messages."""
    _batches(count, subjects.SUBMISSIONS, "submissions.0")


def jetstream_batches_kept(count: int) -> None:
    """The same on a stream that deletes nothing."""
    _batches(count, KEPT, f"{KEPT}.0")


def _batches(count: int, stream: str, subject: str) -> None:
    connection, broker = _jetstream()
    broker.declare_batch_queue("scoring", stream=stream, subject=subject, batch_size=BATCH)
    broker.batch_actor(lambda payloads: tally.add(len(payloads)), queue_name="scoring", actor_name="noop")
    _fill(connection, subject, [b"x" * 180] * count)
    reading = Durable.pair("scoring", stream, subject)[0]
    _work(broker, count, lambda: connection.run(_settled(connection.client, stream, reading.name)))


def jetstream_actor(count: int) -> None:
    """Our ordinary queue: one actor call a message, as with any Dramatiq broker."""
    connection, broker = _jetstream()
    actor = dramatiq.actor(broker=broker, queue_name="background", actor_name="noop")(tally.add)
    broker.declare_queue("background")
    subject = subjects.tasks("background")
    _fill(connection, subject, [actor.message().encode() for _ in range(count)])
    reading = Durable.pair("background", subjects.TASKS, subject)[0]
    _work(broker, count, lambda: connection.run(_settled(connection.client, subjects.TASKS, reading.name)))


def dramatiq_redis(count: int) -> None:
    """Dramatiq's own Redis broker."""
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()
    broker: Any = RedisBroker
    _dramatiq(broker(url=os.environ["REDIS_URL"], middleware=[]), count)


def dramatiq_stub(count: int) -> None:
    """Dramatiq's broker in memory: what Dramatiq itself costs."""
    _dramatiq(StubBroker(middleware=[]), count)


def plain_fetch(count: int) -> None:
    """nats-py alone: fetch 256, acknowledge each."""
    _plain(count, subjects.SUBMISSIONS, PLAIN)


def plain_fetch_kept(count: int) -> None:
    """The same on a stream that deletes nothing."""
    _plain(count, KEPT, f"{KEPT}.0")


def _plain(count: int, stream: str, subject: str) -> None:
    connection, _ = _jetstream()
    _fill(connection, subject, [b"x" * 180] * count)
    connection.close()
    asyncio.run(_plain_fetch(count, stream, subject))


async def _plain_fetch(count: int, stream: str, subject: str) -> None:
    client = await nats.connect(os.environ["NATS_URL"])
    subscription = await client.jetstream().pull_subscribe(subject, "plain", stream=stream)
    tally.begin(count)
    left = count
    while left:
        messages = await subscription.fetch(BATCH, timeout=5)
        for message in messages:
            await message.ack()
        left -= len(messages)
        tally.add(len(messages))
    done = tally.wait()
    say(done | {"settled_s": await _settled(client, stream, "plain")})
    await client.jetstream().delete_consumer(stream, "plain")
    await client.close()


def taskiq_nats(count: int) -> None:
    """taskiq's pull broker on JetStream, its receiver in this process."""
    asyncio.run(_taskiq(count))


async def _taskiq(count: int) -> None:
    from taskiq.api import run_receiver_task
    from taskiq_nats import PullBasedJetStreamBroker

    stream = f"taskiq{os.getpid()}"
    broker: Any = PullBasedJetStreamBroker(
        [os.environ["NATS_URL"]], subject=stream, stream_name=stream, durable=stream, pull_consume_batch=BATCH
    )

    @broker.task(task_name="noop")  # type: ignore[untyped-decorator]
    async def noop() -> None:
        tally.add()

    await broker.startup()
    for _ in range(count):
        await noop.kiq()
    tally.begin(count)
    reading = asyncio.create_task(run_receiver_task(broker, max_async_tasks=BATCH, ack_time=None))
    done = await asyncio.to_thread(tally.wait)
    say(done | {"settled_s": await _settled(broker.client, stream, stream)})
    reading.cancel()
    await broker.js.delete_stream(stream)
    await broker.shutdown()


def celery_redis(count: int) -> None:
    """Celery on Redis, one process: its solo pool."""
    from celery import Celery

    redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()
    app: Any = Celery("bench", broker=os.environ["REDIS_URL"])
    app.conf.update(
        task_ignore_result=True,
        worker_prefetch_multiplier=BATCH,
        worker_send_task_events=False,
        worker_redirect_stdouts=False,
    )

    @app.task(name="noop")  # type: ignore[untyped-decorator]
    def noop() -> None:
        tally.add()

    for _ in range(count):
        noop.delay()
    worker = app.Worker(
        pool="solo", quiet=True, loglevel="CRITICAL", without_gossip=True, without_mingle=True
    )
    import threading

    def report() -> None:
        say(tally.wait())
        os._exit(0)

    tally.begin(count)
    threading.Thread(target=report, daemon=True).start()
    worker.start()


def _jetstream() -> tuple[Connection, JetStreamBroker]:
    connection = Connection(os.environ["NATS_URL"], name="bench")

    async def fresh() -> None:
        await ensure(connection.client)
        await purge(connection.client, subjects.SUBMISSIONS, ["submissions.0", PLAIN])
        await purge(connection.client, subjects.TASKS, [subjects.tasks("background")])
        stream = connection.client.jetstream()
        with suppress(NotFoundError):
            await stream.delete_stream(KEPT)
        await stream.add_stream(name=KEPT, subjects=[f"{KEPT}.>"])  # on disk, and kept for ever

    connection.run(fresh())
    return connection, JetStreamBroker(connection)


def _fill(connection: Connection, subject: str, payloads: list[bytes]) -> None:
    for start in range(0, len(payloads), 1000):
        some = [(subject, payload, None) for payload in payloads[start : start + 1000]]
        connection.publish_all_stored(some, timeout_s=60)


def _dramatiq(broker: dramatiq.Broker, count: int) -> None:
    actor = dramatiq.actor(broker=broker, queue_name="bench", actor_name="noop")(tally.add)
    for _ in range(count):
        actor.send()
    _work(broker, count)


async def _settled(client: Client, stream: str, consumer: str) -> float:
    """Seconds from the end of the first call until the server has worked off every acknowledgement."""
    js = client.jetstream()
    while True:
        info = await js.consumer_info(stream, consumer)
        if not info.num_pending and not info.num_ack_pending:
            return tally.since()
        await asyncio.sleep(0.005)


def _work(broker: dramatiq.Broker, count: int, settled: Callable[[], float] | None = None) -> None:
    worker: Any = dramatiq.Worker(broker, worker_threads=THREADS, worker_timeout=50)
    tally.begin(count)
    worker.start()
    done = tally.wait()
    say(done if settled is None else done | {"settled_s": settled()})
    worker.stop()
    broker.close()


WAYS = {
    way.__name__: way
    for way in (
        jetstream_batches, jetstream_batches_kept, jetstream_actor, dramatiq_redis, dramatiq_stub, plain_fetch,
        plain_fetch_kept, taskiq_nats, celery_redis
    )
}  # fmt: skip

if __name__ == "__main__":
    logging.disable()
    WAYS[sys.argv[1]](int(sys.argv[2]))
