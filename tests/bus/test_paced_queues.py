"""Batch queues that are read with pauses: an hour long here, so that nothing but what is tested ends them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest
from nats.aio.msg import Msg

from bus import queues
from bus.broker import JetStreamBroker
from bus.connection import Connection
from bus.deliveries import ACK, Delivery
from bus.pacing import Distance
from bus.verdicts import Verdicts
from scripts.servers import NatsServer
from tests.bus.conftest import stored, until, working

pytestmark = pytest.mark.timeout(120)

Calls = list[list[bytes]]
Declare = Callable[..., Calls]
HOUR_S = 3600.0


@pytest.fixture
def declare(broker: JetStreamBroker) -> Declare:
    """Declare the queue `scores` on two subjects; what its actor was called with."""

    def declare(pace_s: Distance, batch_size: int = 4) -> Calls:
        calls: Calls = []
        broker.declare_batch_queue(
            "scores",
            stream="SUBMISSIONS",
            subjects=["submissions.0", "submissions.1"],
            batch_size=batch_size,
            pace_s=pace_s,
        )
        broker.batch_actor(calls.append, queue_name="scores", actor_name="take")
        return calls

    return declare


def publish(connection: Connection, count: int, subject: str = "submissions.0") -> None:
    connection.publish_all_stored([(subject, b"%d" % n, None) for n in range(count)])


def test_what_comes_after_a_reading_stays_with_the_server_until_somebody_waits(
    broker: JetStreamBroker, connection: Connection, declare: Declare
) -> None:
    calls = declare(pace_s=HOUR_S)
    with working(broker):
        publish(connection, 1)
        until(lambda: calls, "the first, which nothing was before")
        publish(connection, 6)
        time.sleep(0.6)  # longer than a tick of the reader's clock
        assert broker.stats()["scores"]["delivered"] == 1
        assert broker.drained("scores", 30.0), "somebody who waits need not do so for an hour"
    assert [len(payloads) for payloads in calls] == [1, 4, 2]


def test_a_long_queue_is_read_to_its_end_without_a_pause(
    broker: JetStreamBroker, connection: Connection, declare: Declare
) -> None:
    calls = declare(pace_s=HOUR_S)
    publish(connection, 70)  # several times what a worker holds
    with working(broker):
        until(lambda: sum(map(len, calls)) == 70, "all of them")


def test_a_reading_is_one_batch_however_long_it_takes(
    broker: JetStreamBroker, connection: Connection, declare: Declare, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(partial(sys.setswitchinterval, sys.getswitchinterval()))
    sys.setswitchinterval(1e-6)  # whoever is woken runs at once
    calls = declare(HOUR_S, batch_size=400)
    with working(broker):
        publish(connection, 1)
        until(lambda: calls, "the first")
        large = [
            ("submissions.0", bytes(8000), None) for _ in range(300)
        ]  # more than the socket takes at once
        connection.publish_all_stored(large)
        assert broker.drained("scores", 30.0)
    assert [len(payloads) for payloads in calls] == [1, 300]


def test_each_subject_is_read(broker: JetStreamBroker, connection: Connection, declare: Declare) -> None:
    calls = declare(pace_s=0.05)
    with working(broker):
        for n in range(4):
            publish(connection, 5, f"submissions.{n % 2}")
            until(lambda n=n: sum(map(len, calls)) == 5 * (n + 1), "all of them")


def test_nothing_waits_while_little_comes(
    broker: JetStreamBroker, connection: Connection, declare: Declare
) -> None:
    calls = declare(pace_s=lambda rate: HOUR_S if rate > 1e9 else 0.0)
    with working(broker):
        for n in range(3):
            publish(connection, 1)
            until(lambda n=n: len(calls) == n + 1, "a batch of one")


def test_reading_goes_on_after_the_server_was_killed(
    nats: NatsServer, broker: JetStreamBroker, connection: Connection, declare: Declare
) -> None:
    calls = declare(pace_s=0.2)
    with working(broker):
        publish(connection, 2)
        until(lambda: calls, "the first")
        nats.kill()
        nats.start()
        publish(connection, 2)
        publish(connection, 2, "submissions.1")
        until(lambda: stored(connection, "SUBMISSIONS") == [], "all to be done")


def test_a_paused_queue_is_read_when_it_is_resumed(
    broker: JetStreamBroker, connection: Connection, declare: Declare
) -> None:
    calls = declare(pace_s=0.05)
    with working(broker):
        publish(connection, 1)
        until(lambda: calls, "the first")
        connection.run(queues.pause(connection.client, "scores"))
        publish(connection, 2)
        time.sleep(0.6)
        assert len(calls) == 1
        connection.run(queues.resume(connection.client, "scores"))
        until(lambda: sum(map(len, calls)) == 3, "what came meanwhile")


def test_who_stops_hands_back_what_a_reading_brings(
    broker: JetStreamBroker, connection: Connection, declare: Declare
) -> None:
    calls = declare(pace_s=0.02)
    for _ in range(3):
        with working(broker):
            publish(connection, 20)
        publish(connection, 1)
    with working(broker):
        until(lambda: stored(connection, "SUBMISSIONS") == [], "all to be done")
    assert sum(map(len, calls)) >= 63


@pytest.mark.parametrize(("done", "drained"), [((1, 2), True), ((1,), False), ((2,), False)])
def test_what_its_readers_are_done_with_counts_before_the_server_has_removed_it(
    broker: JetStreamBroker, connection: Connection, declare: Declare, done: tuple[int, ...], drained: bool
) -> None:
    declare(pace_s=HOUR_S)
    publish(connection, 2)

    async def answer(
        message: Msg,
    ) -> None:  # as a reader does whose acknowledgements wait for the server's disk
        connection.post(message.reply, msgspec.json.encode(done))

    connection.run(connection.client.subscribe("hurry.scores", cb=answer))
    assert broker.drained("scores", 5.0 if drained else 0.5) == drained


def test_readers_are_done_with_what_the_server_has_not_confirmed_yet() -> None:
    verdicts = Verdicts(lambda subject, payload, reply: None)
    messages = [
        SimpleNamespace(sequence=3, payload=b"", reply="a"),
        SimpleNamespace(sequence=4, payload=b"", reply="b"),
    ]
    deliveries = cast(list[Delivery], messages)
    verdicts.tell(deliveries[:1], ACK)
    verdicts.tell(deliveries[1:], ACK)
    assert verdicts.sequences == [3, 4]
    verdicts.confirmed(1)
    assert verdicts.sequences == [4]
    verdicts.repeat()  # the connection was lost: the next server may give the sequence to another message
    assert verdicts.sequences == []
