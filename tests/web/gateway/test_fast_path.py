"""Under the pinned Hypercorn frames come and go straight by the transport, and compression is never negotiated."""

from __future__ import annotations

import asyncio
import gc
import socket
import struct
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
import websockets
from hypercorn.asyncio import serve as stock
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.config import Config
from hypercorn.protocol.ws_stream import WSStream

from tests.web.gateway.test_peers import REQUEST
from web.gateway.intake import Intake
from web.gateway.sink import TransportSink, frame
from web.gateway.takeover import LINE, HypercornLine, Lines
from web.serving import serve
from web.serving.exchange import Exchange
from web.serving.lane import Lane


@asynccontextmanager
async def served(app, serve=serve, **settings):
    """`app` under Hypercorn, with our lanes in front or without, on a free loopback port; `settings` are Hypercorn's."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    for name, value in settings.items():
        setattr(config, name, value)
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
    """Accepts, greets, says everything back, and keeps the line; `bye` closes."""

    def __init__(self) -> None:
        self.lines = []
        self.connected = asyncio.Event()
        self.ended = asyncio.Event()

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        line = scope[LINE]

        def hear(said) -> None:
            if said == "bye":
                line.sink.close(4000, "as you like")
            else:
                line.sink.write(frame(said.encode()))

        async def converse() -> None:
            if not line.sink.write(frame("grüße".encode())):
                return
            line.inbox.hear(hear)
            self.lines.append(line)
            self.connected.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.ended.set()

        carrying = asyncio.ensure_future(line.carry(asyncio.create_task(converse())))
        until = [carrying, asyncio.ensure_future(receive())]  # both at once, as Quart does
        await asyncio.wait(until, return_when=asyncio.FIRST_COMPLETED)
        for one in until:
            one.cancel()


def disguised(app):
    """What `app` sees of a server that is not ours."""

    async def under(scope, receive, send) -> None:
        async def sending(message) -> None:
            await send(message)

        await app(scope, receive, sending)

    return under


SERVERS = pytest.mark.parametrize("serve", [serve, stock])


@SERVERS
async def test_a_socket_under_hypercorn_is_read_and_written_directly_and_uncompressed(serve):
    echo = Echo()
    async with served(Lines(echo), serve) as url, websockets.connect(url, compression="deflate") as client:
        assert await client.recv() == "grüße"
        assert client.response.headers.get("Sec-WebSocket-Extensions") is None
        line = echo.lines[0]
        assert isinstance(line, HypercornLine), "the pinned Hypercorn changed: see hypercorn_below"
        assert isinstance(line.sink, TransportSink)
        assert isinstance(line.sink.transport.get_protocol(), Intake)


@SERVERS
@pytest.mark.parametrize("under", [lambda app: app, disguised])
async def test_any_server_carries_the_same_both_ways_and_to_the_end(under, serve):
    echo = Echo()
    async with served(under(Lines(echo)), serve) as url:
        async with websockets.connect(url) as client:
            assert await client.recv() == "grüße"
            await client.send(["in ", "drei ", "Stücken"])
            assert await client.recv() == "in drei Stücken"
            await client.send("bye")
            with pytest.raises(websockets.ConnectionClosed):
                await client.recv()
            assert (client.close_code, client.close_reason) == (4000, "as you like")
        await asyncio.wait_for(echo.ended.wait(), 10)


@SERVERS
@pytest.mark.parametrize("under", [lambda app: app, disguised])
async def test_the_app_hears_of_a_peer_that_has_gone(under, serve):
    echo = Echo()
    async with served(under(Lines(echo)), serve) as url:
        client = await websockets.connect(url)
        await echo.connected.wait()
        client.transport.abort()
        await asyncio.wait_for(echo.ended.wait(), 10)


@SERVERS
@pytest.mark.parametrize(("more", "answer"), [("", b""), ("too early", b"HTTP/1.1 400 ")])
async def test_who_is_refused_or_gone_before_the_answer_is_written_no_frames(more, answer, serve):
    echo = Echo()
    async with served(Lines(echo), serve) as url:
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(REQUEST.format(host=address.netloc, more="").encode() + more.encode())
        writer.write_eof()
        head, _, frames = (await asyncio.wait_for(reader.read(), 10)).partition(b"\r\n\r\n")
        assert head.startswith(answer)
        assert frames == b""
        writer.close()
    assert not echo.lines


async def test_nothing_is_left_running_for_a_socket_that_has_ended_through_any_server():
    echo = Echo()
    async with served(disguised(Lines(echo))) as url:
        async with websockets.connect(url) as client:
            assert await client.recv() == "grüße"
        await asyncio.wait_for(echo.ended.wait(), 10)
        writing = [task for task in asyncio.all_tasks() if "AsgiSink" in task.get_coro().__qualname__]
        await asyncio.wait_for(asyncio.gather(*writing, return_exceptions=True), 10)


@SERVERS
async def test_nothing_of_the_server_is_kept_for_a_socket(serve):
    def streams() -> int:
        return sum(isinstance(one, WSStream | TCPServer | Lane | Exchange) for one in gc.get_objects())

    echo = Echo()
    async with served(Lines(echo), serve) as url:
        gc.collect()
        before = streams()
        async with websockets.connect(url) as client:
            assert await client.recv() == "grüße"
            async with asyncio.timeout(10):
                while streams() > before:
                    await asyncio.sleep(0.02)
                    gc.collect()
            await client.send("still there")
            assert await client.recv() == "still there"


@SERVERS
async def test_nobody_else_reads_and_no_timeout_ends_a_socket_that_is_silent(serve):
    echo = Echo()
    settings = {"read_timeout": 0.2, "keep_alive_timeout": 0.2}
    async with served(Lines(echo), serve, **settings) as url, websockets.connect(url) as client:
        assert await client.recv() == "grüße"
        await asyncio.sleep(0.5)
        await client.send("still there")
        assert await client.recv() == "still there"


async def test_a_peer_that_does_not_read_is_refused_more_at_the_limit():
    echo = Echo()
    async with served(Lines(echo)) as url:
        client = await websockets.connect(url, max_queue=1)
        try:
            await echo.connected.wait()
            client.transport.pause_reading()
            big = frame(b"x" * 60_000)
            written = sum(echo.lines[0].sink.write(big) for _ in range(400))
            assert 0 < written < 400
        finally:
            client.transport.abort()


def test_hypercorn_is_pinned():
    from importlib.metadata import version

    assert version("hypercorn").startswith("0.18."), "follow takeover.py by hand before you raise the pin"


pytestmark = pytest.mark.timeout(30)


@SERVERS
async def test_who_is_gone_before_the_answer_is_gone_for_the_conversation(serve) -> None:
    asked, gone, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def late(scope, receive, send) -> None:
        if scope["type"] != "websocket":
            await Echo()(scope, receive, send)
            return
        await receive()
        asked.set()
        await gone.wait()
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        conversation = asyncio.create_task(asyncio.Event().wait())
        await scope[LINE].carry(conversation)
        await asyncio.wait([conversation])
        done.set()

    async with served(Lines(late), serve) as url:
        parts = urlsplit(url)
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(REQUEST.format(host=parts.netloc, more="").encode())
        await asyncio.wait_for(asked.wait(), 10)
        reset = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
        writer.transport.abort()
        await asyncio.sleep(0.2)  # the server hears of it
        gone.set()
        await asyncio.wait_for(done.wait(), 10)
