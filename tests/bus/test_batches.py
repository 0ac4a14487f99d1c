"""Batch queues: how batches form, and what happens to an item that fails."""

from __future__ import annotations

import logging
import threading
from typing import Any

import dramatiq
import pytest
from dramatiq.middleware import Retries

from bus.broker import JetStreamBroker
from bus.connection import Connection
from bus.errors import Unavailable
from tests.bus.conftest import dead_letters, stored, until, working

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def batches(broker: JetStreamBroker) -> list[list[bytes]]:
    """Every batch the actor `take` was called with; `bad` in one fails it."""
    calls: list[list[bytes]] = []

    def take(payloads: list[bytes]) -> None:
        calls.append(payloads)
        if b"bad" in payloads:
            raise ValueError("bad item")

    broker.declare_batch_queue(
        "scores", stream="SUBMISSIONS", subjects=["submissions.0", "submissions.1"], batch_size=16
    )
    broker.batch_actor(take, queue_name="scores", actor_name="take")
    return calls


def publish(connection: Connection, *payloads: bytes, subject: str = "submissions.0") -> None:
    connection.publish_all_stored([(subject, payload, None) for payload in payloads])


def test_a_lone_message_is_a_batch_of_one(
    broker: JetStreamBroker, connection: Connection, batches: list[list[bytes]]
) -> None:
    with working(broker):
        for n in range(5):
            publish(connection, b"%d" % n)
            assert broker.drained("scores", 30.0)
    assert batches == [[b"%d" % n] for n in range(5)]


def test_batches_form_while_the_workers_are_busy(broker: JetStreamBroker, connection: Connection) -> None:
    calls: list[list[bytes]] = []
    go_on = threading.Event()

    def take(payloads: list[bytes]) -> None:
        calls.append(payloads)
        go_on.wait(30)

    broker.declare_batch_queue("scores", stream="SUBMISSIONS", subject="submissions.0", batch_size=16)
    broker.batch_actor(take, queue_name="scores", actor_name="take")
    with working(broker, threads=2):
        for n in range(2):
            publish(connection, b"first")
            until(lambda n=n: len(calls) == n + 1, "a thread to be busy")
        publish(connection, *(b"%d" % n for n in range(32)))
        until(lambda: broker.stats()["scores"]["delivered"] == 34, "all to be here")
        assert len(calls) == 2, "nothing more is handed out while both threads are busy"
        go_on.set()
        assert broker.drained("scores", 30.0)
    assert [len(payloads) for payloads in calls] == [1, 1, 16, 16]


def test_several_subjects_make_one_queue(
    broker: JetStreamBroker, connection: Connection, batches: list[list[bytes]]
) -> None:
    publish(connection, b"zero", subject="submissions.0")
    publish(connection, b"one", subject="submissions.1")
    with working(broker):
        assert broker.drained("scores", 30.0)
    assert sorted(payload for batch in batches for payload in batch) == [b"one", b"zero"]


def test_one_bad_item_is_isolated_from_its_batch(
    broker: JetStreamBroker,
    connection: Connection,
    batches: list[list[bytes]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    names = [b"%d" % n for n in range(7)]
    publish(connection, *names[:3], b"bad", *names[3:])
    with working(broker, threads=1):
        assert broker.drained("scores", 30.0)
    ((subject, payload, headers),) = dead_letters(connection)
    assert (subject, payload) == ("dead.scores", b"bad")
    assert (headers["Dead-Reason"], headers["Dead-Error"]) == ("failed", "ValueError: bad item")
    told = [record.getMessage() for record in caplog.records if record.name.startswith("bus.")]
    assert any("dead letter" in line and "ValueError at " in line for line in told)
    assert not any("bad item" in line for line in told), (
        "what it says may be somebody's: it is with the dead letter"
    )
    assert [batch for batch in batches if batch == [b"bad"]] == [[b"bad"]] * 5
    good = [payload for batch in batches if b"bad" not in batch for payload in batch]
    assert sorted(good) == names
    assert all(len(batch) == 1 for batch in batches[1:])


def test_a_failing_batch_is_nothing_for_the_retries_middleware(
    broker: JetStreamBroker,
    connection: Connection,
    batches: list[list[bytes]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    publish(connection, *[b"good"] * 10, b"bad")
    with working(broker, threads=1):
        assert broker.drained("scores", 30.0)
    assert "Retrying message" not in caplog.text
    assert "Aborting message" not in caplog.text
    assert "Traceback" not in caplog.text
    assert stored(connection, "TASKS") == []
    assert len(dead_letters(connection)) == 1


def test_a_batch_waits_for_a_server_that_is_away(connection: Connection) -> None:
    broker = JetStreamBroker(connection, middleware=[Retries(max_retries=1, min_backoff=10)])
    calls: list[list[bytes]] = []

    def take(payloads: list[bytes]) -> None:
        calls.append(payloads)
        if len(calls) < 7:
            raise Unavailable("away")

    broker.declare_batch_queue("scores", stream="SUBMISSIONS", subject="submissions.0", batch_size=4)
    broker.batch_actor(take, queue_name="scores", actor_name="take")
    publish(connection, *(b"%d" % n for n in range(10)))
    with working(broker, threads=1):
        assert not broker.drained("scores", 0.05)
        assert broker.drained("scores", 60.0)
    assert dead_letters(connection) == []
    assert sorted(payload for batch in calls[6:] for payload in batch) == [b"%d" % n for n in range(10)]
    assert broker.stats()["scores"]["delivered"] == 10, "held all the time, not delivered again"


def test_orderly_restarts_make_no_dead_letters_of_batches(
    broker: JetStreamBroker, connection: Connection, batches: list[list[bytes]]
) -> None:
    names = [b"%d" % n for n in range(12)]
    publish(connection, *names)
    for _ in range(6):
        consumer = broker.consume("scores", timeout=5000)
        until(lambda consumer=consumer: next(consumer), "a batch")
        consumer.close()
    with working(broker):
        assert broker.drained("scores", 30.0)
    assert sorted(payload for batch in batches for payload in batch) == sorted(names)
    assert dead_letters(connection) == []


def test_a_stopping_worker_hands_back_what_waits_while_its_batch_still_runs(connection: Connection) -> None:
    go_on = threading.Event()
    calls: list[tuple[str, int]] = []

    def worker_of(name: str) -> JetStreamBroker:
        def take(payloads: list[bytes]) -> None:
            calls.append((name, len(payloads)))
            if name == "old":
                go_on.wait(60)

        broker = JetStreamBroker(connection, ack_wait_s=60)
        broker.declare_batch_queue("scores", stream="SUBMISSIONS", subject="submissions.0", batch_size=16)
        broker.batch_actor(take, queue_name="scores", actor_name="take")
        return broker

    old = worker_of("old")
    worker = dramatiq.Worker(old, worker_threads=1, worker_timeout=50)
    worker.start()
    publish(connection, b"first")
    until(lambda: calls, "the thread to be busy")
    publish(connection, *[b"waiting"] * 20)
    until(lambda: old.stats()["scores"]["delivered"] == 21, "the rest to be here")
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    with working(worker_of("new")):
        try:
            until(lambda: sum(size for name, size in calls if name == "new") == 20, "the rest to be there")
        finally:
            go_on.set()
            stopping.join(30)
    assert calls[0] == ("old", 1)
    assert stored(connection, "SUBMISSIONS") == []


def test_acknowledgements_that_get_lost_with_a_connection_are_repeated_and_nothing_runs_twice(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[bytes]] = []
    lost: list[str] = []
    cut = threading.Event()
    names = [b"%d" % n for n in range(30)]
    post = connection.post

    def lose_until_cut(subject: str, payload: bytes = b"", *rest: Any) -> None:
        if payload == b"+ACK" and not cut.is_set():
            lost.append(subject)
        else:
            post(subject, payload, *rest)

    async def drop_connection() -> None:
        connection.client._transport._io_writer.transport.abort()  # type: ignore[union-attr]

    monkeypatch.setattr(connection, "post", lose_until_cut)
    broker = JetStreamBroker(connection, ack_wait_s=1.0)
    broker.declare_batch_queue("scores", stream="SUBMISSIONS", subject="submissions.0", batch_size=4)
    broker.batch_actor(calls.append, queue_name="scores", actor_name="take")
    publish(connection, *names)
    with working(broker):
        until(lambda: len(set(lost)) == len(names), "all to be done, and not acknowledged")
        cut.set()
        connection.run(drop_connection())
        assert broker.drained("scores", 30.0)
    assert sorted(payload for batch in calls for payload in batch) == sorted(names)


def test_a_batch_queue_needs_an_actor_and_takes_no_messages(broker: JetStreamBroker) -> None:
    broker.declare_batch_queue("scores", stream="SUBMISSIONS", subject="submissions.0")
    with pytest.raises(ValueError, match="no batch actor"):
        broker.consume("scores")
    with pytest.raises(ValueError, match="raw payloads"):
        broker.enqueue(dramatiq.Message("scores", "take", (), {}, {}))
    with pytest.raises(ValueError, match="declared already"):
        broker.declare_batch_queue("scores", stream="SUBMISSIONS", subject="submissions.0")
