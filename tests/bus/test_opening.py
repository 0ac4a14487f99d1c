"""A queue whose reading cannot begin: whoever tries again later finds all that is in it."""

from __future__ import annotations

import time

import pytest
from dramatiq.errors import ConnectionFailed
from nats.js.api import AckPolicy, ConsumerConfig

from bus.broker import JetStreamBroker
from bus.connection import Connection
from bus.streams import Durable
from tests.bus.conftest import until, working

pytestmark = pytest.mark.timeout(120)


def test_a_reader_that_could_not_be_opened_in_full_keeps_no_messages(
    broker: JetStreamBroker, connection: Connection
) -> None:
    calls: list[list[bytes]] = []
    every = ["submissions.0", "submissions.1"]
    broker.declare_batch_queue("scores", stream="SUBMISSIONS", subjects=every, pace_s=0.1)
    broker.batch_actor(calls.append, queue_name="scores", actor_name="take")
    last = Durable.pair("scores", "SUBMISSIONS", every[1])[1]
    taken = ConsumerConfig(durable_name="taken", filter_subject=last.subject, ack_policy=AckPolicy.EXPLICIT)
    js = connection.client.jetstream()
    connection.run(js.add_consumer("SUBMISSIONS", taken))
    with pytest.raises(ConnectionFailed):
        broker.consume("scores")
    connection.run(js.delete_consumer("SUBMISSIONS", "taken"))
    connection.publish_all_stored([("submissions.0", b"%d" % n, None) for n in range(5)])
    time.sleep(0.5)  # whoever reads has them by now
    with working(broker):
        until(lambda: sum(map(len, calls)) == 5, "all")


def test_nobody_complains_of_a_queue_that_nobody_reads(
    broker: JetStreamBroker, connection: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    broker.declare_batch_queue("scores", stream="SUBMISSIONS", subjects=["submissions.0"], pace_s=0.1)
    connection.publish_all_stored([("submissions.0", b"", None)])
    assert not broker.drained("scores", 0.3)
    assert not caplog.records
