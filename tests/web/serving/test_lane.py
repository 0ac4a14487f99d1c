"""Requests over real sockets, on both event loops: the short way answers as Hypercorn's own does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypercorn.asyncio import serve as hypercorn_alone
from hypercorn.config import Config
from quart import Quart, Response, request

from bus.loops import new_loop
from web.incoming_bodies import CountedRequest
from web.serving import quicken, serve
from web.serving.lane import AHEAD_BYTES

HEAD = b"%b %b HTTP/1.1\r\nHost: quiz\r\n%b\r\n"


def ask(method: bytes = b"GET", path: bytes = b"/", more: bytes = b"", body: bytes = b"") -> bytes:
    if body:
        more += b"Content-Length: %d\r\n" % len(body)
    return HEAD % (method, path, more) + body


class Probe:
    """An app, and what has become of its requests."""

    def __init__(self) -> None:
        self.app = Quart("probe")
        self.app.request_class = CountedRequest
        quicken(self.app)
        self.began = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.go_on = asyncio.Event()
        self.tasks: set[Any] = set()
        self.app.add_url_rule("/", view_func=self.echo, methods=["GET", "POST", "PUT"])
        self.app.add_url_rule("/wait", view_func=self.wait)
        self.app.add_url_rule("/stream", view_func=self.stream)
        self.app.add_url_rule("/broken", view_func=self.broken)
        self.app.add_url_rule("/short", view_func=self.short)
        self.app.add_url_rule("/nothing", view_func=self.nothing)

    async def echo(self) -> Response:
        self.tasks.add(asyncio.current_task())
        return Response(
            await request.get_data() or request.method.encode(), 200, {"X-Method": request.method}
        )

    async def wait(self) -> str:
        self.began.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return "waited"

    async def stream(self) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"one"
            await self.go_on.wait()
            yield b"two"

        return Response(pieces())

    async def broken(self) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"one"
            raise RuntimeError("in the middle")

        return Response(pieces())

    async def short(self) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"abc"

        return Response(pieces(), headers={"Content-Length": "5"})

    async def nothing(self) -> Response:
        return Response(b"", 204)


@asynccontextmanager
async def served(serve: Any = serve, **settings: Any) -> AsyncIterator[tuple[Probe, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.graceful_timeout = 2.0
    for name, value in settings.items():
        setattr(config, name, value)
    stop, app = asyncio.Event(), Probe()
    server = asyncio.create_task(serve(app.app, config, shutdown_trigger=stop.wait))
    try:
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            except OSError:
                await asyncio.sleep(0.02)
        yield app, port
    finally:
        stop.set()
        await asyncio.wait_for(server, 10)


async def answers(port: int, *parts: bytes, pause_s: float = 0.0, end: bool = False) -> bytes:
    """All that comes back for `parts`, the last of which asks for the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await asyncio.sleep(pause_s)
    if end:
        writer.write_eof()
    got = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return got


def alike(data: bytes) -> tuple[bytes, set[bytes], bytes]:
    """An answer without what differs by the second: status line, headers, body."""
    head, _, body = data.partition(b"\r\n\r\n")
    line, *headers = head.split(b"\r\n")
    return line, {header.lower() for header in headers if not header.startswith(b"date")}, body


CLOSE = b"Connection: close\r\n"


@pytest.fixture(params=["asyncio", "ours"])
def run(request: pytest.FixtureRequest) -> Callable[[Any], None]:
    """Runs a test's coroutine on either event loop."""

    def running(work: Any) -> None:
        with asyncio.Runner(
            loop_factory=new_loop if request.param == "ours" else asyncio.new_event_loop
        ) as runner:
            runner.run(work)

    return running


@pytest.mark.parametrize(
    "data",
    [
        ask(more=CLOSE),
        ask(b"HEAD", more=CLOSE),
        ask(b"POST", more=CLOSE, body=b"hello"),
        ask(b"PUT", more=CLOSE, body=b"x" * 60_000),
        ask(b"PUT", more=CLOSE, body=b"x" * 200_000),
        ask(b"DELETE", more=CLOSE),
        ask(b"BREW", more=CLOSE),
        ask(b"OPTIONS", more=CLOSE),
        ask(path=b"/nothing", more=CLOSE),
        ask(path=b"/nowhere%20/%C3%A9?q=%26", more=CLOSE),
        ask(b"POST", more=CLOSE + b"Transfer-Encoding: chunked\r\n") + b"3\r\nabc\r\n0\r\n\r\n",
        ask(b"POST", more=CLOSE + b"Expect: 100-continue\r\n", body=b"hello"),
        b"GET / HTTP/1.0\r\nHost: quiz\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\nHost: quiz\n\n",
        b"nonsense\r\n\r\n",
        ask(more=CLOSE + b"X: a\x00b\r\n"),
        ask(more=CLOSE + b"Content-Length: 1\r\nContent-Length: 2\r\n"),
        ask(more=CLOSE + b"Transfer-Encoding: gzip\r\n"),
        b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000,
    ],
)  # fmt: skip
def test_the_answer_is_hypercorns(run: Any, data: bytes) -> None:
    async def work() -> None:
        async with served() as (_, port), served(hypercorn_alone) as (_, theirs):
            assert alike(await answers(port, data)) == alike(await answers(theirs, data))

    run(work())


def test_requests_on_one_connection_are_answered_in_order(run: Any) -> None:
    async def work() -> None:
        async with served() as (app, port):
            app.go_on.set()
            first, second = ask(path=b"/wait"), ask(b"POST", body=b"second")
            got = await answers(port, first + second + ask(more=CLOSE), pause_s=0.05)
            assert [got.find(word) for word in (b"waited", b"second", b"GET")] == sorted(
                got.find(word) for word in (b"waited", b"second", b"GET")
            )
            assert got.count(b"HTTP/1.1 200") == 3

    run(work())


@pytest.mark.parametrize("pause_s", [0.005, 0.2])
def test_a_body_may_come_later_than_its_head(run: Any, pause_s: float) -> None:
    async def work() -> None:
        async with served() as (_, port):
            whole = ask(b"POST", more=CLOSE, body=b"hello")
            got = await answers(port, whole[:10], whole[10:-5], whole[-5:], pause_s=pause_s)
            assert got.startswith(b"HTTP/1.1 200") and got.endswith(b"\r\n\r\nhello")

    run(work())


def test_pieces_go_out_as_they_come(run: Any) -> None:
    async def work() -> None:
        async with served() as (app, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(ask(path=b"/stream") + ask(more=CLOSE))
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            assert b"transfer-encoding: chunked" in head
            assert await asyncio.wait_for(reader.readexactly(8), 10) == b"3\r\none\r\n"
            app.go_on.set()
            assert (await asyncio.wait_for(reader.read(), 10)).startswith(
                b"3\r\ntwo\r\n0\r\n\r\nHTTP/1.1 200"
            )
            writer.close()

    run(work())


@pytest.mark.parametrize("path", [b"/broken", b"/short"])
def test_half_an_answer_ends_the_connection(run: Any, path: bytes) -> None:
    async def work() -> None:
        async with served() as (_, port):
            got = await answers(port, ask(path=path))
            assert got.count(b"HTTP/1.1") == 1
            assert not got.endswith(b"0\r\n\r\n")

    run(work())


@pytest.mark.parametrize("end", [True, False])
def test_the_app_is_told_when_the_peer_is_gone(run: Any, end: bool) -> None:
    async def work() -> None:
        async with served() as (app, port):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(ask(path=b"/wait"))
            await asyncio.wait_for(app.began.wait(), 10)
            if end:
                writer.write_eof()
            else:
                writer.transport.abort()
            await asyncio.wait_for(app.cancelled.wait(), 10)
            writer.close()

    run(work())


def test_a_connection_without_requests_is_closed_in_time(run: Any) -> None:
    async def work() -> None:
        async with served(keep_alive_timeout=0.2) as (_, port):
            assert await answers(port) == b""
            assert (await answers(port, ask())).count(b"HTTP/1.1 200") == 1
            assert await answers(port, b"GET / HT") == b""

    run(work())


def test_a_connection_has_so_many_requests(run: Any) -> None:
    async def work() -> None:
        async with (
            served(keep_alive_max_requests=2) as (_, port),
            served(hypercorn_alone, keep_alive_max_requests=2) as (_, theirs),
        ):
            got, expected = await answers(port, ask() * 5), await answers(theirs, ask() * 5)
            assert got.count(b"HTTP/1.1 200") == expected.count(b"HTTP/1.1 200") < 5

    run(work())


def test_a_client_that_asks_without_end_is_not_read_without_end(run: Any) -> None:
    async def work() -> None:
        async with served() as (app, port):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.transport.set_write_buffer_limits(0)
            writer.write(ask(path=b"/wait"))
            await asyncio.wait_for(app.began.wait(), 10)

            sent = 0

            async def flood() -> None:
                nonlocal sent
                while True:
                    writer.write(b"x" * AHEAD_BYTES)
                    await writer.drain()
                    sent += 1

            flooding = asyncio.create_task(flood())
            await asyncio.sleep(1)
            before = sent
            await asyncio.sleep(0.5)
            assert sent == before
            flooding.cancel()
            writer.transport.abort()
            app.go_on.set()

    run(work())


def test_at_the_end_what_is_being_answered_is_answered_and_nothing_more(run: Any) -> None:
    async def work() -> None:
        async with served() as (app, port):
            idle, _one = await asyncio.open_connection("127.0.0.1", port)
            busy, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(ask(path=b"/wait"))
            await asyncio.wait_for(app.began.wait(), 10)
            asyncio.get_running_loop().call_later(0.3, app.go_on.set)
        assert await asyncio.wait_for(idle.read(), 10) == b""
        got = await asyncio.wait_for(busy.read(), 10)
        assert got.endswith(b"waited") and b"connection: close" in got

    run(work())


pytestmark = pytest.mark.timeout(60)
