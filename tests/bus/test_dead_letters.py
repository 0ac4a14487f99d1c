"""Dead letters: seen, sent back with their headers, dropped."""

from __future__ import annotations

import asyncio
from typing import Any

import dramatiq
import msgspec
import pytest

from bus import dead_letters, subjects
from bus.broker import JetStreamBroker
from bus.connection import Connection
from bus.dead_letters import DeadLetter
from bus.errors import NoSuchLetter, PublishRefused
from tests.bus.conftest import stored, until, working


def letters(connection: Connection, **more: Any) -> list[DeadLetter]:
    return connection.run(dead_letters.page(connection.client, **more))[0]


@pytest.fixture
def fragile(broker: JetStreamBroker) -> tuple[Any, list[str], list[str]]:
    """An actor that fails while `trouble` has something in it, and what it has done."""
    trouble, done = ["trouble"], list[str]()

    @dramatiq.actor(broker=broker, queue_name="control")
    def work(text: str) -> None:
        if trouble:
            raise ValueError(f"cannot do {text}")
        done.append(text)

    return work, trouble, done


def test_a_letter_that_is_retried_goes_where_it_came_from_and_is_gone(
    connection: Connection, broker: JetStreamBroker, fragile: tuple[Any, list[str], list[str]]
) -> None:
    work, trouble, done = fragile
    with working(broker):
        work.send("it")
        (letter,) = until(lambda: letters(connection), "the dead letter")
        assert (letter.queue, letter.subject, letter.reason) == ("control", "tasks.control", "failed")
        assert (letter.actor, letter.error) == ("work", "ValueError: cannot do it")
        shown = connection.run(dead_letters.show(connection.client, letter.seq))
        assert shown.content["args"] == ["it"]
        assert shown.content["options"]["retries"] == 3
        trouble.clear()
        connection.run(dead_letters.retry(connection.client, letter.seq))
        until(lambda: done == ["it"], "the second run")
    assert letters(connection) == []
    with pytest.raises(NoSuchLetter):
        connection.run(dead_letters.retry(connection.client, letter.seq))


def test_a_retried_letter_has_all_its_attempts_before_it(
    connection: Connection, broker: JetStreamBroker, fragile: tuple[Any, list[str], list[str]]
) -> None:
    work, _, _ = fragile
    with working(broker):
        work.send("it")
        (letter,) = until(lambda: letters(connection), "the dead letter")
        assert broker.drained("control", 20)
    connection.run(dead_letters.retry(connection.client, letter.seq))
    ((subject, payload, headers),) = stored(connection, subjects.TASKS)
    assert subject == "tasks.control"
    assert "retries" not in msgspec.json.decode(payload)["options"]
    assert not [name for name in headers if name.startswith("Dead-")]


def test_the_publishers_headers_travel_there_and_back(connection: Connection) -> None:
    headers = {"Request-Id": "r-1", "Dead-Subject": "submissions.0", "Dead-Stream": "SUBMISSIONS"}
    payload = msgspec.msgpack.encode([["session", "participant"]])
    seq = connection.publish_stored(subjects.dead("scoring"), payload, headers=headers)
    shown = connection.run(dead_letters.show(connection.client, seq))
    assert shown.headers == {"Request-Id": "r-1"}
    assert shown.content == [["session", "participant"]]
    connection.run(dead_letters.retry(connection.client, seq))
    ((subject, again, kept),) = stored(connection, subjects.SUBMISSIONS)
    assert (subject, again, kept["Request-Id"]) == ("submissions.0", payload, "r-1")


def test_two_who_retry_at_once_publish_once(connection: Connection) -> None:
    headers = {"Dead-Subject": "submissions.0", "Dead-Stream": "SUBMISSIONS"}
    seq = connection.publish_stored(subjects.dead("scoring"), b"\x90", headers=headers)

    async def both() -> list[DeadLetter | BaseException]:
        client = connection.client
        return await asyncio.gather(
            *(dead_letters.retry(client, seq) for _ in range(4)), return_exceptions=True
        )

    outcomes = connection.run(both())
    assert any(isinstance(outcome, DeadLetter) for outcome in outcomes)
    assert all(isinstance(outcome, (DeadLetter, NoSuchLetter)) for outcome in outcomes), outcomes
    assert len(stored(connection, subjects.SUBMISSIONS)) == 1


def test_pages_go_on_where_the_last_one_ended_and_know_their_queue(connection: Connection) -> None:
    for number in range(5):
        connection.publish_stored(subjects.dead("scoring"), b"%d" % number, headers={"Dead-Queue": "scoring"})
        connection.publish_stored(subjects.dead("control"), b"x", headers={"Dead-Queue": "control"})
    client = connection.client
    first, after = connection.run(dead_letters.page(client, "scoring", limit=3))
    assert after is not None
    second, end = connection.run(dead_letters.page(client, "scoring", limit=3, after=after))
    assert [letter.queue for letter in first + second] == ["scoring"] * 5
    assert len({letter.seq for letter in first + second}) == 5
    assert end is None
    assert len(connection.run(dead_letters.page(client))[0]) == 10
    assert connection.run(dead_letters.page(client, "background")) == ([], None)


def test_a_discarded_letter_is_gone_and_one_without_origin_cannot_be_sent_back(
    connection: Connection,
) -> None:
    seq = connection.publish_stored(subjects.dead("scoring"), b"\xff\xff")
    with pytest.raises(PublishRefused, match="discard"):
        connection.run(dead_letters.retry(connection.client, seq))
    assert connection.run(dead_letters.show(connection.client, seq)).content == {"base64": "//8="}
    assert connection.run(dead_letters.discard(connection.client, seq)).seq == seq
    for call in (dead_letters.show, dead_letters.discard, dead_letters.retry):
        with pytest.raises(NoSuchLetter):
            connection.run(call(connection.client, seq))
