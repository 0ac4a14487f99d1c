"""What is written to all reaches all, in order, whatever became of each connection meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop
import websockets

from tests.web.gateway.test_fast_path import Echo, served
from tests.web.gateway.test_room import FakeTask, Listener
from web.gateway.audience import Audience
from web.gateway.connection import Connection
from web.gateway.errors import Close
from web.gateway.meter import Meter
from web.gateway.sink import frame
from web.gateway.takeover import Lines
from web.metrics import WIRE

pytestmark = pytest.mark.timeout(30)


def on_both_loops(test):
    @pytest.mark.parametrize("make_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
    def run(make_loop) -> None:
        with asyncio.Runner(loop_factory=make_loop) as runner:
            runner.run(test())

    return run


def enter(audience: Audience, connections: dict[str, Connection], sink: Any) -> Connection:
    connection = Connection(sink, FakeTask(), "screen", "s", None, Meter(50, 100))
    connections[connection.id] = connection
    audience.enter(connection)
    return connection


async def until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@asynccontextmanager
async def seated():
    """One real connection in an audience of its own, and its client, which has read the greeting."""
    echo, connections = Echo(), {}
    audience = Audience(connections)
    async with served(Lines(echo)) as url, websockets.connect(url, max_queue=1) as client:
        assert await client.recv() == "grüße"
        await echo.connected.wait()
        yield SimpleNamespace(
            audience=audience,
            connections=connections,
            connection=enter(audience, connections, echo.lines[0].sink),
            client=client,
            ended=echo.ended,
        )


@on_both_loops
async def test_who_stops_reading_is_behind_until_all_is_read_and_misses_nothing():
    async with seated() as here:
        assert not here.audience.behind
        here.client.transport.pause_reading()
        written = 0
        while not here.audience.behind and written < 400:
            here.audience.write(frame(f"{written:06}".encode() + b"x" * 20_000))
            written += 1
        for _ in range(3):  # more, while something waits
            here.audience.write(frame(f"{written:06}".encode()))
            written += 1
        assert here.connection.sink.waiting
        here.client.transport.resume_reading()
        told = [await here.client.recv() for _ in range(written)]
        assert [int(text[:6]) for text in told] == list(range(written))
        await until(lambda: not here.audience.behind)
        here.audience.write(frame(b"again"))
        assert await here.client.recv() == "again"
        assert here.connection.close is None


@on_both_loops
async def test_who_never_reads_is_closed_as_slow_at_the_limit():
    async with seated() as here:
        here.client.transport.pause_reading()
        written = 0
        while here.connection.close is None and written < 400:
            here.audience.write(frame(b"x" * 60_000))
            written += 1
        assert here.connection.close[0] is Close.SLOW
        here.client.transport.abort()


@on_both_loops
async def test_who_has_gone_is_written_nothing_more():
    async with seated() as here:
        here.client.transport.abort()
        await here.ended.wait()
        await until(lambda: here.audience.behind)
        here.audience.write(frame(b"too late"))
        assert here.connection.close is not None
        here.audience.leave(here.connection)
        assert not here.audience.behind


@on_both_loops
async def test_after_our_close_no_frame_follows():
    async with seated() as here:
        here.connection.sink.close(4000, "enough")
        assert here.audience.behind  # that is, looked at before it is written to
        here.audience.write(frame(b"too late"))
        with pytest.raises(websockets.ConnectionClosed):
            await here.client.recv()
        assert here.client.close_code == 4000


def test_what_is_held_goes_first():
    connections: dict[str, Connection] = {}
    audience = Audience(connections)
    one = enter(audience, connections, Listener())
    one.hold(frame(b'{"type":"first"}'))
    audience.holding = True
    audience.write(frame(b'{"type":"second"}'))
    assert one.sink.types() == ["first", "second"]


def test_frames_are_counted_once_for_each_connection_that_is_written_to():
    connections: dict[str, Connection] = {}
    audience = Audience(connections)
    here = [enter(audience, connections, sink) for sink in (Listener(), Listener(), Listener(deaf=True))]
    data = frame(b'{"type":"skip"}')
    before = WIRE.frames, WIRE.bytes, WIRE.skipped
    audience.write(data)
    audience.write(data, without={here[0].id})
    assert (WIRE.frames - before[0], WIRE.bytes - before[1], WIRE.skipped - before[2]) == (
        3,
        3 * len(data),
        2,
    )
    assert [len(one.sink.frames) for one in here] == [1, 2, 0]
    assert here[2].close is not None
