"""Group commit against a real JetStream: nothing is acknowledged before it is stored, and it is stored once."""

from __future__ import annotations

import asyncio

import nats
import pytest

from bus.messages import Submission, decode
from bus.receipts import Receipts
from bus.streams import ensure
from scripts.servers import NatsServer
from web.gateway import outbox as outbox_module
from web.gateway.outbox import GROUP, MANY, Outbox


def submission(n: int) -> Submission:
    return Submission("s", f"p{n}", "q", f"a{n}", "A", 0, 0, "node")


async def stored_groups(js) -> list[list[str]]:
    """Answer ids of every message in the stream, in order."""
    info = await js.stream_info("SUBMISSIONS")
    groups = []
    for sequence in range(info.state.first_seq, info.state.last_seq + 1):
        message = await js.get_msg("SUBMISSIONS", sequence)
        groups.append([one.answer_id for one in decode(message.data, list[Submission])])
    return groups


@pytest.fixture
async def connected(start_server):
    server = start_server(NatsServer)
    client = await nats.connect(
        server.url, max_reconnect_attempts=-1, reconnect_time_wait=0.1, ping_interval=1
    )
    await ensure(client)
    receipts = Receipts()
    await receipts.open(client)
    yield server, client.jetstream(timeout=2), receipts
    await client.close()


async def test_what_arrives_together_is_stored_in_few_messages_and_then_acknowledged(connected):
    _, js, receipts = connected
    outbox = Outbox(receipts, "submissions.0")
    acknowledged: list[int] = []
    for n in range(GROUP * 2 + 5):
        outbox.add(submission(n), lambda n=n: acknowledged.append(n))
    assert acknowledged == []
    assert await outbox.flush(5)
    assert acknowledged == list(range(GROUP * 2 + 5))
    groups = await stored_groups(js)
    assert [len(group) for group in groups] == [GROUP, GROUP, 5]
    assert [answer for group in groups for answer in group] == [f"a{n}" for n in range(GROUP * 2 + 5)]
    await outbox.close()


async def test_few_answers_wait_to_be_stored_together_and_many_do_not(connected, monkeypatch):
    monkeypatch.setattr(outbox_module, "EVERY_S", 60.0)
    _, js, receipts = connected
    outbox = Outbox(receipts, "submissions.0")
    outbox.add(submission(0), lambda: None)
    assert await outbox.flush(5)
    for n in range(1, 3):
        outbox.add(submission(n), lambda: None)
    assert not await outbox.flush(0.3)
    for n in range(3, MANY):
        outbox.add(submission(n), lambda: None)
    assert await outbox.flush(5)
    outbox.add(submission(MANY), lambda: None)  # the last of a crowd does not wait for more
    assert await outbox.flush(5)
    assert [len(group) for group in await stored_groups(js)] == [1, MANY - 1, 1]
    await outbox.close()


async def test_nothing_is_acknowledged_while_the_server_is_dead_and_everything_once_it_is_back(connected):
    server, js, receipts = connected
    outbox = Outbox(receipts, "submissions.0")
    acknowledged: list[int] = []
    outbox.add(submission(0), lambda: acknowledged.append(0))
    assert await outbox.flush(5)
    server.kill()
    for n in range(1, 6):
        outbox.add(submission(n), lambda n=n: acknowledged.append(n))
    assert not await outbox.flush(0.5)
    assert acknowledged == [0]
    await asyncio.to_thread(server.start)
    assert await outbox.flush(20)
    assert acknowledged == [0, 1, 2, 3, 4, 5]
    assert [answer for group in await stored_groups(js) for answer in group] == [f"a{n}" for n in range(6)]
    await outbox.close()


async def test_an_answer_that_no_stream_takes_is_acknowledged_once_one_does(connected):
    _, js, receipts = connected
    await js.delete_stream("SUBMISSIONS")
    outbox = Outbox(receipts, "submissions.0")
    outbox.add(submission(0), lambda: None)
    assert not await outbox.flush(0.3)
    await ensure(js._nc)
    assert await outbox.flush(5)
    assert await stored_groups(js) == [["a0"]]
    await outbox.close()


async def test_a_flush_waits_for_what_came_before_it_and_not_for_what_comes_after(connected):
    _, _, receipts = connected
    outbox = Outbox(receipts, "submissions.0")
    acknowledged: list[int] = []

    def again(n: int) -> None:
        """There is always one more on its way."""
        acknowledged.append(n)
        outbox.add(submission(n + 1), lambda: again(n + 1))

    outbox.add(submission(0), lambda: again(0))
    for _ in range(3):
        before = len(acknowledged)
        assert await outbox.flush(5)
        assert len(acknowledged) > before
    await outbox.close()
