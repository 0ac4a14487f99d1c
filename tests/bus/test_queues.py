"""What can be seen of queues, and stopped: on a real server, read by real consumers."""

from __future__ import annotations

import time
from typing import Any

import dramatiq
import pytest

from bus import queues, streams, subjects
from bus.broker import JetStreamBroker
from bus.connection import Connection
from bus.errors import NoSuchQueue
from scripts.servers import NatsServer
from tests.bus.conftest import until, working


def look(connection: Connection, name: str) -> queues.Queue:
    found = connection.run(queues.survey(connection.client))
    return next(queue for queue in found if queue.name == name)


@pytest.fixture
def echo(broker: JetStreamBroker) -> tuple[Any, list[str]]:
    """An actor of the queue `control`, and what it has done."""
    done: list[str] = []

    @dramatiq.actor(broker=broker, queue_name="control")
    def say(text: str, seconds: float = 0.0) -> None:
        time.sleep(seconds)
        done.append(text)

    return say, done


def test_every_pool_is_listed_even_without_streams_full_of_work(connection: Connection) -> None:
    found = connection.run(queues.survey(connection.client))
    assert [queue.name for queue in found] == list(queues.POOLS)
    assert {queue.depth for queue in found} == {0}
    assert {queue.oldest_age_s for queue in found} == {None}


def test_what_nobody_reads_yet_is_counted_by_its_subject(connection: Connection) -> None:
    connection.publish_stored("submissions.3", b"answers")
    connection.publish_stored(subjects.tasks("background"), b"task")
    time.sleep(0.05)
    assert look(connection, "scoring").depth == 1
    waiting = look(connection, "background")
    assert waiting.depth == 1
    assert waiting.oldest_age_s is not None and 0.05 <= waiting.oldest_age_s < 30
    with pytest.raises(NoSuchQueue, match="start one"):
        connection.run(queues.pause(connection.client, "background"))


def test_what_is_in_work_is_in_flight_and_what_was_redelivered_counts(
    connection: Connection, broker: JetStreamBroker
) -> None:
    release: list[bool] = []

    @dramatiq.actor(broker=broker, queue_name="control", max_retries=0)
    def hold() -> None:
        until(lambda: release)

    hold.send()
    hold.send()
    with working(broker, threads=1):
        until(lambda: look(connection, "control").in_flight == 2, "both messages in the worker's hands")
        assert look(connection, "control").depth == 2
        release.append(True)
        assert broker.drained("control", 20)
    assert until(lambda: look(connection, "control").depth == 0 or None, "an empty queue")


def test_a_paused_queue_keeps_what_comes_and_a_resumed_one_hands_it_out(
    connection: Connection, broker: JetStreamBroker, echo: tuple[Any, list[str]]
) -> None:
    say, done = echo
    with working(broker):
        say.send("before")
        until(lambda: done == ["before"])
        connection.run(queues.pause(connection.client, "control"))
        assert look(connection, "control").paused
        say.send("while paused")
        time.sleep(0.6)
        assert done == ["before"]
        assert look(connection, "control").depth == 1
        connection.run(queues.resume(connection.client, "control"))
        until(lambda: done == ["before", "while paused"])
        assert not look(connection, "control").paused


def test_a_pause_survives_the_server_and_the_workers(
    nats: NatsServer, connection: Connection, broker: JetStreamBroker, echo: tuple[Any, list[str]]
) -> None:
    say, done = echo
    with working(broker):
        until(lambda: connection.run(_consumers(connection)), "the consumers")
    connection.run(queues.pause(connection.client, "control"))
    say.send("waits")
    nats.kill()
    nats.start()
    with working(broker):  # the worker declares its consumer again
        until(lambda: look(connection, "control").paused, "the pause to be back")
        time.sleep(0.6)
        assert done == []
        connection.run(queues.resume(connection.client, "control"))
        until(lambda: done == ["waits"])


def test_a_pause_can_be_for_a_time(
    connection: Connection, broker: JetStreamBroker, echo: tuple[Any, list[str]]
) -> None:
    say, done = echo
    with working(broker):
        until(lambda: connection.run(_consumers(connection)), "the consumers")
        connection.run(queues.pause(connection.client, "control", for_s=1.0))
        paused = look(connection, "control")
        assert paused.paused and paused.paused_until is not None
        say.send("later")
        until(lambda: done == ["later"])


def test_the_consumers_of_batch_queues_lead_back_to_their_queue(
    connection: Connection, broker: JetStreamBroker
) -> None:
    """Two subjects, and their suspects: four consumers, one queue."""
    for durable in [
        *streams.Durable.pair("scoring", subjects.SUBMISSIONS, "submissions.0"),
        *streams.Durable.pair("scoring", subjects.SUBMISSIONS, "submissions.1"),
    ]:
        connection.run(streams.ensure_durable(connection.client, durable, ack_wait_s=2.0, max_ack_pending=10))
    for subject in ("submissions.0", "submissions.1", "submissions.1.suspects"):
        connection.publish_stored(subject, b"x")
    found = look(connection, "scoring")
    assert (found.depth, found.suspects) == (3, 1)
    connection.run(queues.pause(connection.client, "scoring"))
    assert all(info["paused"] for info in connection.run(_infos(connection)))


async def _infos(connection: Connection) -> list[dict[str, Any]]:
    answer = await connection.api("CONSUMER.LIST.SUBMISSIONS", {"offset": 0})
    found: list[dict[str, Any]] = answer["consumers"]
    assert len(found) == 4
    return found


async def _consumers(connection: Connection) -> bool:
    answer = await connection.api("CONSUMER.LIST.TASKS", {"offset": 0})
    return len(answer["consumers"] or []) >= 2
