"""What the broker's bench says of JetStream, against a real server."""

from __future__ import annotations

import asyncio

import nats
import pytest

from bus import subjects
from scripts.benching.broker import drain_once
from scripts.benching.sides.broker_side import KEPT
from scripts.servers import NatsServer
from tests.conftest import StartServer

COUNT = 600


@pytest.mark.parametrize(
    ("way", "stream", "left"),
    [
        ("jetstream_batches", subjects.SUBMISSIONS, 0),
        ("plain_fetch", subjects.SUBMISSIONS, 0),
        ("jetstream_batches_kept", KEPT, COUNT),
        ("plain_fetch_kept", KEPT, COUNT),
    ],
)
def test_all_is_settled_when_a_side_says_so(
    start_server: StartServer, way: str, stream: str, left: int
) -> None:
    server = start_server(NatsServer)
    measured = drain_once({"NATS_URL": server.url}, way, COUNT)
    assert 0 < measured["settled_per_s"] <= measured["messages_per_s"]
    assert asyncio.run(_stored(server.url, stream)) == left


async def _stored(url: str, stream: str) -> int:
    client = await nats.connect(url)
    state = (await client.jetstream().stream_info(stream)).state
    await client.close()
    return state.messages
