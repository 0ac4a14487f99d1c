"""PubAcks for coroutines, of a real JetStream."""

from __future__ import annotations

import nats
import pytest

from bus.receipts import Receipts
from bus.streams import ensure
from scripts.servers import NatsServer

TIMEOUT_S = 5.0


@pytest.fixture
async def opened(start_server):
    server = start_server(NatsServer)
    client = await nats.connect(server.url, max_reconnect_attempts=-1, reconnect_time_wait=0.1)
    await ensure(client)
    receipts = Receipts()
    await receipts.open(client)
    yield server, receipts
    await client.close()


async def test_a_message_is_stored_once_however_often_it_is_published(opened):
    _, receipts = opened
    headers = {"Nats-Msg-Id": receipts.new_id()}
    first = await receipts.ask("submissions.0", b"1", headers, TIMEOUT_S)
    again = await receipts.ask("submissions.0", b"1", headers, TIMEOUT_S)
    other = await receipts.ask("submissions.0", b"2", {"Nats-Msg-Id": receipts.new_id()}, TIMEOUT_S)
    assert (first["seq"], again["seq"], other["seq"]) == (1, 1, 2)
    assert again["duplicate"]


async def test_a_subject_that_no_stream_takes_is_an_error(opened):
    _, receipts = opened
    answer = await receipts.ask("nobody.listens", b"", {}, TIMEOUT_S)
    assert answer["error"]["code"] == 503


async def test_silence_is_a_timeout_and_nothing_is_waited_for_after_it(opened):
    server, receipts = opened
    server.kill()
    with pytest.raises(TimeoutError):
        await receipts.ask("submissions.0", b"1", {"Nats-Msg-Id": receipts.new_id()}, 0.2)
    assert not receipts._waiting
