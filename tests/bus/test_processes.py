"""The `dramatiq` command on a real server: pools, signals, deaths."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from bus.broker import encode_task
from bus.connection import Connection
from tests.bus.conftest import Journal, Pool, dead_letters, stored, until

StartPool = Callable[..., Pool]

pytestmark = pytest.mark.timeout(180)


def send(connection: Connection, queue: str, actor: str, *args: Any) -> None:
    subject, payload, message_id = encode_task(queue, actor, *args)
    connection.publish_stored(subject, payload, message_id=message_id)


def nothing_left(connection: Connection, stream: str) -> bool:
    return not stored(connection, stream)


def run_until_dead_letter(start_pool: StartPool, connection: Connection, queue: str) -> None:
    """Start a pool again whenever it has died, until there is a dead letter."""
    for _ in range(12):
        pool = start_pool(queue, threads=2, ack_wait_s=1.0)
        until(lambda pool=pool: pool.process.poll() is not None or dead_letters(connection), "a death")
        if dead_letters(connection):
            return
    raise AssertionError("no dead letter after twelve deaths")


def test_a_pool_reads_only_its_queues(
    start_pool: StartPool, connection: Connection, journal: Journal
) -> None:
    send(connection, "right", "mark_right", "r")
    send(connection, "left", "mark", "l")
    start_pool("left")
    until(lambda: journal.lines("end"), "the left pool")
    assert [line[2] for line in journal.lines("end")] == ["l"]
    until(lambda: len(stored(connection, "TASKS")) == 1, "its acknowledgement, and that only")
    start_pool("right")
    until(lambda: len(journal.lines("end")) == 2, "the right pool")


def test_sigterm_hands_prefetched_work_back_while_the_actor_still_runs(
    start_pool: StartPool, connection: Connection, journal: Journal
) -> None:
    first = start_pool("left", ack_wait_s=60)
    send(connection, "left", "mark", "long", 5)
    until(lambda: journal.lines("start"), "the long actor")
    send(connection, "left", "mark", "prefetched")
    until(lambda: "num_ack_pending=2" in _pending(connection), "the second message to be prefetched")
    first.terminate()
    start_pool("left", ack_wait_s=60)
    until(lambda: len(journal.lines("end")) == 2, "both")
    assert [line[2] for line in journal.lines("end")] == ["prefetched", "long"]
    assert first.wait() == 0
    until(lambda: nothing_left(connection, "TASKS"), "both acknowledgements")
    assert len(journal.lines("start")) == 2


def _pending(connection: Connection) -> str:
    info = connection.run(connection.api("CONSUMER.INFO.TASKS.left-tasks_left", {}))
    return f"num_ack_pending={info['num_ack_pending']}"


def test_what_a_killed_worker_held_is_run_by_another(
    start_pool: StartPool, connection: Connection, journal: Journal
) -> None:
    first = start_pool("left")
    send(connection, "left", "mark", "long", 3600)
    send(connection, "left", "mark", "prefetched")
    until(lambda: journal.lines("start"), "the long actor")
    first.kill()
    send(connection, "left", "mark", "new")
    start_pool("left", threads=2)
    until(lambda: {line[2] for line in journal.lines("end")} == {"prefetched", "new"}, "the others")
    until(lambda: len([line for line in journal.lines("start") if line[2] == "long"]) == 2, "the redelivery")


def test_an_actor_longer_than_ack_wait_runs_once(
    start_pool: StartPool, connection: Connection, journal: Journal
) -> None:
    start_pool("left", processes=2, ack_wait_s=1.0)
    send(connection, "left", "mark", "long", 4)
    until(lambda: journal.lines("end"), "the long actor")
    until(lambda: nothing_left(connection, "TASKS"), "its acknowledgement")
    assert len(journal.lines("start")) == 1


def test_two_processes_share_a_queue(start_pool: StartPool, connection: Connection, journal: Journal) -> None:
    pools = [start_pool("left", threads=2), start_pool("left", threads=2)]
    send(connection, "left", "mark", "warm", 0.5)
    for n in range(60):
        send(connection, "left", "mark", str(n), 0.05)
    until(lambda: len(journal.lines("end")) == 61, "all of them")
    assert sorted(int(line[2]) for line in journal.lines("end") if line[2] != "warm") == list(range(60))
    more = 60
    while len({line[0] for line in journal.lines("end")}) < len(pools):  # one was slow to start
        send(connection, "left", "mark", str(more), 0.05)
        more += 1
        until(lambda expected=more + 1: len(journal.lines("end")) == expected, "one more")
        assert more < 1000, "the second process gets nothing"


def test_a_message_that_kills_its_worker_ends_in_the_dead_letters_alone(
    start_pool: StartPool, connection: Connection, journal: Journal
) -> None:
    send(connection, "left", "die", "poison")
    for n in range(10):
        send(connection, "left", "mark", str(n), 0.01)
    run_until_dead_letter(start_pool, connection, "left")
    until(lambda: nothing_left(connection, "TASKS"), "the innocent ones")
    ((subject, _, headers),) = dead_letters(connection)
    assert (subject, headers["Dead-Reason"]) == ("dead.left", "killed_its_worker")
    assert {line[2] for line in journal.lines("end")} == {str(n) for n in range(10)}


def test_a_batch_item_that_kills_its_worker_ends_in_the_dead_letters_alone(
    start_pool: StartPool, connection: Connection, journal: Journal
) -> None:
    names = [f"i{n}" for n in range(20)]
    for name in [*names[:10], "die", *names[10:]]:
        connection.publish_stored("submissions.0", name.encode())
    run_until_dead_letter(start_pool, connection, "batches")
    until(lambda: nothing_left(connection, "SUBMISSIONS"), "the innocent ones")
    ((_, payload, headers),) = dead_letters(connection)
    assert (payload, headers["Dead-Reason"]) == (b"die", "killed_its_worker")
    assert {line[2] for line in journal.lines("item")} == set(names)


def test_a_worker_stopped_by_sigkill_under_load_loses_nothing(
    start_pool: StartPool, connection: Connection, journal: Journal
) -> None:
    start_pool("batches", threads=2)
    names = [f"n{n}" for n in range(1500)]
    killed = False
    for start in range(0, len(names), 50):
        connection.publish_all_stored(
            [("submissions.0", name.encode(), name) for name in names[start : start + 50]]
        )
        if not killed and len(journal.lines("batch")) > 3:
            os.kill(journal.lines("batch")[0][0], signal.SIGKILL)
            killed = True
            start_pool("batches", threads=2)
    assert killed
    until(lambda: nothing_left(connection, "SUBMISSIONS"), "all of them")
    assert {line[2] for line in journal.lines("item")} == set(names)
    assert dead_letters(connection) == []
