"""Ordinary queues: enqueue, delay, retry, dead letters; a worker in this process on a real server."""

from __future__ import annotations

import json
import time
from typing import Any

import dramatiq
import pytest
from dramatiq.errors import QueueNotFound
from dramatiq.middleware import Retries

from bus import subjects
from bus.broker import JetStreamBroker, encode_task
from bus.connection import Connection
from bus.errors import InvalidSubject, PublishTimeout, Unavailable
from tests.bus.conftest import dead_letters, stored, until, working

pytestmark = pytest.mark.timeout(120)


class OtherServerDown(Exception):
    """What a client library raises."""


def record(broker: JetStreamBroker, queue: str = "quick") -> list[Any]:
    """Declare the actor `record`, which notes its argument."""
    seen: list[Any] = []

    @dramatiq.actor(broker=broker, queue_name=queue, actor_name="record")
    def record(value: Any) -> None:
        seen.append(value)

    return seen


def test_enqueue_by_name(broker: JetStreamBroker) -> None:
    seen = record(broker)
    message: dramatiq.Message[Any] = dramatiq.Message("quick", "record", ("hello",), {}, {})
    assert broker.enqueue(message) is message
    with working(broker):
        broker.join("quick", timeout=30_000)
    assert seen == ["hello"]


def test_a_publisher_without_a_broker(broker: JetStreamBroker, connection: Connection) -> None:
    seen = record(broker)
    subject, payload, message_id = encode_task("quick", "record", {"a": [1, 2]})
    for _ in range(2):  # an uncertain publisher repeats itself
        connection.publish_stored(subject, payload, message_id=message_id)
    with working(broker):
        broker.join("quick", timeout=30_000)
    assert (subject, seen) == ("tasks.quick", [{"a": [1, 2]}])


def test_the_same_message_is_stored_once(broker: JetStreamBroker, connection: Connection) -> None:
    record(broker)
    message = broker.actors["record"].message("once")
    broker.enqueue(message)
    broker.enqueue(message)
    assert len(stored(connection, "TASKS")) == 1


def test_a_queue_that_is_not_declared(broker: JetStreamBroker) -> None:
    with pytest.raises(QueueNotFound):
        broker.enqueue(dramatiq.Message("nowhere", "record", (), {}, {}))
    with pytest.raises(QueueNotFound):
        broker.consume("nowhere")


def test_a_queue_name_must_be_one_token(broker: JetStreamBroker) -> None:
    with pytest.raises(InvalidSubject):
        broker.declare_queue("a.b")


def test_a_delay_is_the_servers_to_wait(broker: JetStreamBroker, connection: Connection) -> None:
    seen: list[float] = []

    @dramatiq.actor(broker=broker, queue_name="quick")
    def note_time() -> None:
        seen.append(time.time())

    with working(broker) as worker:
        sent_at = time.time()
        note_time.send_with_options(delay=900)
        ((subject, _, headers),) = stored(connection, "TASKS")
        assert subject.startswith("tasks.schedules.")
        assert headers["Nats-Schedule-Target"] == "tasks.quick"
        until(lambda: seen, "the scheduled message")
        assert set(worker.consumers) == {"quick"}, "no delay queue in the worker's memory"
    assert seen[0] - sent_at >= 0.9
    assert stored(connection, "TASKS") == []


def test_delays_on_one_queue_do_not_replace_each_other(broker: JetStreamBroker) -> None:
    seen = record(broker)
    actor = broker.actors["record"]
    for n in range(20):
        actor.send_with_options(args=(n,), delay=300)
    with working(broker):
        until(lambda: len(seen) == 20, "all of them")
    assert sorted(seen) == list(range(20))


def test_a_failing_message_is_retried_with_delays_and_then_dead(
    broker: JetStreamBroker, connection: Connection
) -> None:
    calls: list[float] = []

    @dramatiq.actor(broker=broker, queue_name="quick")
    def fail() -> None:
        calls.append(time.time())
        raise RuntimeError("no\r\nway")

    with working(broker):
        fail.send()
        ((subject, payload, headers),) = until(lambda: dead_letters(connection), "the dead letter")
        until(lambda: not stored(connection, "TASKS"), "the message to be terminated")
    assert len(calls) == 4
    assert subject == "dead.quick"
    assert json.loads(payload)["actor_name"] == "fail"
    assert headers["Dead-Reason"] == "failed"
    assert headers["Dead-Error"].startswith("RuntimeError: no")
    assert headers["Dead-Subject"] == "tasks.quick"
    assert (headers["Dead-Queue"], headers["Dead-Actor"]) == ("quick", "fail")


def test_a_message_that_fails_once_is_run_again(broker: JetStreamBroker, connection: Connection) -> None:
    calls: list[str] = []

    @dramatiq.actor(broker=broker, queue_name="quick")
    def flaky(text: str) -> None:
        calls.append(text)
        if len(calls) == 1:
            raise RuntimeError("once")

    with working(broker):
        flaky.send("x")
        until(lambda: len(calls) == 2, "the retry")
        broker.join("quick", timeout=30_000)
    assert dead_letters(connection) == []
    assert stored(connection, "TASKS") == []


def test_without_retries_a_failure_is_a_dead_letter(connection: Connection) -> None:
    broker = JetStreamBroker(connection)

    @dramatiq.actor(broker=broker, queue_name="quick")
    def fail() -> None:
        raise RuntimeError("no")

    with working(broker):
        fail.send()
        ((_, _, headers),) = until(lambda: dead_letters(connection), "the dead letter")
    assert headers["Dead-Reason"] == "failed"


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff\xfe",
        b"[]",
        b'{"queue_name": "quick"}',
        b'{"queue_name":"other","actor_name":"record","args":[],"kwargs":{},"options":{},"message_id":"x"}',
        b'{"queue_name":"quick","actor_name":"record","args":[],"kwargs":3,"options":{},"message_id":"x"}',
    ],
)
def test_what_does_not_decode_is_a_dead_letter_and_the_next_one_runs(
    broker: JetStreamBroker, connection: Connection, payload: bytes
) -> None:
    seen = record(broker)
    with working(broker):
        connection.publish_stored("tasks.quick", payload, headers={"Origin": "here"})
        broker.actors["record"].send("next")
        ((_, body, headers),) = until(lambda: dead_letters(connection), "the dead letter")
        until(lambda: seen == ["next"], "the next one")
    assert (body, headers["Dead-Reason"], headers["Origin"]) == (payload, "undecodable", "here")


def test_an_unknown_actor_is_a_dead_letter(broker: JetStreamBroker, connection: Connection) -> None:
    broker.declare_queue("quick")
    with working(broker):
        broker.enqueue(dramatiq.Message("quick", "nobody", (), {}, {}))
        ((_, _, headers),) = until(lambda: dead_letters(connection), "the dead letter")
    assert (headers["Dead-Reason"], headers["Dead-Actor"]) == ("unknown_actor", "nobody")


@pytest.mark.parametrize("error", [Unavailable("away"), OtherServerDown("away"), PublishTimeout("away")])
def test_a_failure_that_is_not_the_messages_fault_is_never_a_dead_letter(
    connection: Connection, error: Exception
) -> None:
    retries = Retries(max_retries=2, min_backoff=10, max_backoff=20)
    broker = JetStreamBroker(connection, middleware=[retries], transient=(OtherServerDown,))
    calls: list[int] = []

    @dramatiq.actor(broker=broker, queue_name="quick")
    def need_it() -> None:
        calls.append(1)
        if len(calls) < 6:
            raise error

    with working(broker):
        need_it.send()
        until(lambda: len(calls) == 6, "the sixth call")
        broker.join("quick", timeout=30_000)
    assert dead_letters(connection) == []
    assert broker.stats()["quick"] == {"delivered": 1, "postponed": 5, "acked": 1}


def test_a_retry_that_cannot_be_stored_does_not_lose_the_message(
    broker: JetStreamBroker, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    publish = connection.publish_stored

    def refuse_schedules(subject: str, *args: Any, **kwargs: Any) -> int:
        if subject.startswith("tasks.schedules.") and len(calls) < 3:
            raise PublishTimeout("no")
        return publish(subject, *args, **kwargs)

    monkeypatch.setattr(connection, "publish_stored", refuse_schedules)

    @dramatiq.actor(broker=broker, queue_name="quick")
    def flaky() -> None:
        calls.append(1)
        if len(calls) < 4:
            raise RuntimeError("no")

    with working(broker):
        flaky.send()
        until(lambda: len(calls) == 4, "the fourth call")
        broker.join("quick", timeout=30_000)
    assert stored(connection, "TASKS") == []


def test_orderly_restarts_make_no_dead_letters(broker: JetStreamBroker, connection: Connection) -> None:
    seen = record(broker)
    broker.actors["record"].send("patient")
    for _ in range(8):
        consumer = broker.consume("quick", timeout=5000)
        held = until(lambda consumer=consumer: next(consumer), "the message")
        assert held.args == ("patient",)
        consumer.requeue([held])
        consumer.close()
    with working(broker):
        broker.join("quick", timeout=30_000)
    assert seen == ["patient"]
    assert dead_letters(connection) == []


def test_drained_waits_for_what_was_there(broker: JetStreamBroker) -> None:
    record(broker)
    assert broker.drained("quick", 1.0)
    broker.actors["record"].send("waits")
    assert not broker.drained("quick", 0.2)
    with working(broker):
        assert broker.drained("quick", 30.0)


def test_drained_counts_suspects(broker: JetStreamBroker, connection: Connection) -> None:
    record(broker)
    subject, payload, _ = encode_task("quick", "record", "suspect")
    connection.publish_stored(f"{subject}.suspects", payload)
    assert not broker.drained("quick", 0.2)
    with working(broker):
        assert broker.drained("quick", 30.0)


def test_flush_drops_a_queue_with_its_suspects_and_no_other(
    broker: JetStreamBroker, connection: Connection
) -> None:
    record(broker)
    broker.declare_queue("quick2")
    for subject in ("tasks.quick", "tasks.quick.suspects", "tasks.quick2"):
        connection.publish_stored(subject, b"x")
    broker.flush("quick")
    assert [subject for subject, _, _ in stored(connection, subjects.TASKS)] == ["tasks.quick2"]
