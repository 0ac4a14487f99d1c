"""Under the pinned Hypercorn frames go straight to the transport, and compression is never negotiated."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
import websockets
from hypercorn.asyncio import serve
from hypercorn.config import Config

from web.gateway.sink import SINK, AsgiSink, RawSend, TransportSink, frame


@asynccontextmanager
async def served(app):
    """`app` under Hypercorn on a free loopback port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    stop = asyncio.Event()
    server = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
    try:
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            except OSError:
                await asyncio.sleep(0.02)
        yield f"ws://127.0.0.1:{port}/ws"
    finally:
        stop.set()
        await server


class Echo:
    """Accepts, writes one frame by its sink, and keeps the sink."""

    def __init__(self, plain: bool = False) -> None:
        self.sinks = []
        self.connected = asyncio.Event()
        self.plain = plain

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        await receive()
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        sink = AsgiSink(send) if self.plain else scope[SINK]
        self.sinks.append(sink)
        self.connected.set()
        assert sink.write(frame("grüße".encode()))
        while (await receive())["type"] != "websocket.disconnect":
            pass


async def test_a_socket_under_hypercorn_is_written_to_directly_and_uncompressed():
    echo = Echo()
    async with served(RawSend(echo)) as url, websockets.connect(url, compression="deflate") as client:
        assert await client.recv() == "grüße"
        assert client.response.headers.get("Sec-WebSocket-Extensions") is None
        assert isinstance(echo.sinks[0], TransportSink), "the pinned Hypercorn changed: see transport_of"


async def test_the_plain_sink_writes_the_same():
    echo = Echo(plain=True)
    async with served(RawSend(echo)) as url, websockets.connect(url) as client:
        assert await client.recv() == "grüße"


async def test_a_peer_that_does_not_read_is_refused_more_at_the_limit():
    echo = Echo()
    async with served(RawSend(echo)) as url:
        client = await websockets.connect(url, max_queue=1)
        try:
            await echo.connected.wait()
            client.transport.pause_reading()
            big = frame(b"x" * 60_000)
            written = sum(echo.sinks[0].write(big) for _ in range(400))
            assert 0 < written < 400
        finally:
            client.transport.abort()


def test_hypercorn_is_pinned():
    from importlib.metadata import version

    assert version("hypercorn").startswith("0.18."), "follow transport_of by hand before you raise the pin"


pytestmark = pytest.mark.timeout(30)
