"""Peers that mean harm, or have bad luck: what one of them costs has an end, and nobody else is touched by it."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextvars import ContextVar
from typing import Any

import pytest
from quart import Response, websocket

from tests.web.gateway.test_peers import soon
from tests.web.serving.test_lane import CLOSE, answers, ask, run, served
from web.serving.lane import AHEAD_BYTES, Lane

__all__ = ["run"]


@pytest.fixture
def lanes(monkeypatch: pytest.MonkeyPatch) -> list[Lane]:
    """Those of all connections that were made."""
    made: list[Lane] = []
    begin = Lane.__init__

    def note(lane: Lane, *arguments: Any) -> None:
        begin(lane, *arguments)
        made.append(lane)

    monkeypatch.setattr(Lane, "__init__", note)
    return made


def test_requests_that_come_faster_than_answers_wait_with_the_kernel(run: Any, lanes: list[Lane]) -> None:
    async def work() -> None:
        async with served() as (_, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)

            async def flood() -> None:
                while True:
                    writer.write(ask() * 2000)
                    await writer.drain()

            flooding = asyncio.create_task(flood())
            most = answered = 0
            while answered < 300:
                answered += (await asyncio.wait_for(reader.read(65536), 10)).count(b"HTTP/1.1 200")
                most = max(most, len(lanes[-1]._data))
            flooding.cancel()
            writer.transport.abort()
            assert most < AHEAD_BYTES + 1024 * 1024

    run(work())


def test_a_request_in_drops_is_hypercorns_as_soon_as_any_other_part_of_one(
    run: Any, lanes: list[Lane]
) -> None:
    async def work() -> None:
        async with served() as (_, port):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET / HTTP/1.1\r\nX: ")

            def drip() -> bool:
                writer.write(b"a")
                return lanes[-1].transport.get_protocol() is not lanes[-1]

            await asyncio.sleep(0.02)
            await soon(drip)
            writer.transport.abort()

    run(work())


def test_what_one_request_is_about_is_nothing_to_the_next(run: Any) -> None:
    about: ContextVar[str] = ContextVar("about", default="nothing")

    async def work() -> None:
        async with served() as (app, port):

            async def bind() -> str:
                known = about.get()
                about.set("another")
                return known

            app.app.add_url_rule("/bind", view_func=bind)
            got = await answers(port, ask(path=b"/bind") * 3 + ask(path=b"/bind", more=CLOSE))
            assert (got.count(b"nothing"), got.count(b"another")) == (4, 0)

    run(work())


def test_a_peer_that_is_gone_before_it_is_taken_in_is_no_error(run: Any) -> None:
    async def work() -> None:
        errors: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, error: errors.append(error))
        async with served() as (_, port):
            for _ in range(20):
                with socket.create_connection(("127.0.0.1", port)) as peer:
                    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            assert (await answers(port, ask(more=CLOSE))).startswith(b"HTTP/1.1 200")
        assert errors == []

    run(work())


def test_a_peer_that_ends_its_side_keeps_no_answer_that_it_does_not_read(
    run: Any, lanes: list[Lane], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.serving.lane.LAST_READ_S", 0.2)

    async def work() -> None:
        async with served() as (app, port):

            async def big() -> Response:
                return Response(b"x" * 20_000_000)

            app.app.add_url_rule("/big", view_func=big)
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.transport.pause_reading()
            writer.write(ask(path=b"/big"))
            await soon(lambda: lanes[-1].transport.get_write_buffer_size() > 0)
            writer.write_eof()
            await soon(lambda: lanes[-1].transport.get_write_buffer_size() == 0)
            writer.transport.abort()

    run(work())


def test_at_the_end_all_that_is_late_is_cancelled_at_once(run: Any) -> None:
    async def work() -> None:
        told: list[str] = []
        async with served(graceful_timeout=0.2) as (app, port):
            started = asyncio.Semaphore(0)
            cancelled = 0
            both = asyncio.Event()

            async def stubborn() -> str:
                nonlocal cancelled
                started.release()
                try:
                    await asyncio.sleep(60)
                finally:
                    cancelled += 1
                    if cancelled == 2:
                        both.set()
                    await both.wait()  # as long as the other is not told, too
                    told.append("told")
                return ""

            app.app.add_url_rule("/stubborn", view_func=stubborn)
            clients = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
            for _, writer in clients:
                writer.write(ask(path=b"/stubborn"))
                await asyncio.wait_for(started.acquire(), 10)
        assert told == ["told", "told"]

    run(work())


def test_what_never_ends_does_not_keep_the_server() -> None:
    async def work() -> None:
        async with served(graceful_timeout=0.2) as (app, port):
            deaf = True

            async def ignore() -> str:
                app.began.set()
                while deaf:
                    try:
                        await app.go_on.wait()
                        break
                    except asyncio.CancelledError:
                        continue
                return ""

            app.app.add_url_rule("/ignore", view_func=ignore)
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(ask(path=b"/ignore"))
            await asyncio.wait_for(app.began.wait(), 10)
            asyncio.get_running_loop().call_later(6, app.go_on.set)
        stopped_first = not app.go_on.is_set()
        app.go_on.set()
        assert stopped_first

    asyncio.run(work())


def test_an_answer_whose_head_was_refused_leaves_nothing_of_it_in_the_next(run: Any) -> None:
    async def work() -> None:
        async with served() as (app, port):
            inner = app.app.asgi_app

            async def bad(scope: Any, receive: Any, send: Any) -> None:
                if scope["type"] != "http":
                    await inner(scope, receive, send)
                    return
                headers = [(b"x", b"a\nb")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})

            app.app.asgi_app = bad  # type: ignore[method-assign]
            head, _, body = (await answers(port, ask())).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 500") and b"content-length: 0" in head
            assert body == b""

    run(work())


def test_a_peer_that_ends_its_side_in_the_middle_of_a_request_keeps_no_connection(run: Any) -> None:
    async def work() -> None:
        async with served(keep_alive_timeout=60) as (_, port):
            got = await answers(port, ask(), b"GET / HT", pause_s=0.02, end=True)
            assert got.count(b"HTTP/1.1") == 1

    run(work())


def test_an_open_websocket_is_not_said_to_be_closed(run: Any) -> None:
    handshake = (
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    )

    async def work() -> None:
        async with served() as (app, port):

            async def accept() -> None:
                await websocket.accept()

            app.app.add_websocket("/socket", view_func=accept)
            head = (await answers(port, ask(path=b"/socket", more=handshake))).partition(b"\r\n\r\n")[0]
            assert head.startswith(b"HTTP/1.1 101")
            assert head.lower().count(b"\r\nconnection:") == 1

    run(work())


pytestmark = pytest.mark.timeout(60)
