"""WebSockets over HTTP/2 (RFC 8441), which Hypercorn speaks to whoever begins with it, are bounded like all others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
from h2.connection import H2Connection
from h2.events import ResponseReceived

from tests.web.gateway.test_fast_path import Echo, served
from tests.web.gateway.test_peers import soon
from web.gateway.frame_reader import Broken
from web.gateway.inbox import Said
from web.gateway.intake import TOO_MANY, VIOLATIONS
from web.gateway.takeover import Lines


@asynccontextmanager
async def http_2(url: str) -> AsyncIterator[Http2Peer]:
    """A WebSocket on a stream of HTTP/2, whose handshake has been answered."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    peer = Http2Peer(reader, writer)
    peer.connection.initiate_connection()
    peer.connection.send_headers(
        1,
        [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "http"),
            (":path", "/ws"),
            (":authority", address.netloc),
            ("sec-websocket-version", "13"),
            ("sec-websocket-extensions", "permessage-deflate"),
        ],
    )
    await peer.answer()
    yield peer
    writer.close()


class Http2Peer:
    """Speaks it by hand, on stream 1."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connection = H2Connection()
        self.headers: dict[bytes, bytes] = {}
        self._reader, self._writer = reader, writer

    async def answer(self) -> None:
        """Wait for `headers`, those of the answer."""
        while not self.headers:
            self._writer.write(self.connection.data_to_send())
            for happened in self.connection.receive_data(
                await asyncio.wait_for(self._reader.read(65_536), 10)
            ):
                if isinstance(happened, ResponseReceived):
                    self.headers = dict(happened.headers)

    async def say(self, frames: bytes) -> None:
        self.connection.send_data(1, frames)
        self._writer.write(self.connection.data_to_send())
        await self._writer.drain()


async def test_compression_is_not_negotiated_over_http_2_either():
    async with served(Lines(Echo())) as url, http_2(url) as peer:
        assert peer.headers[b":status"] == b"200"
        assert b"sec-websocket-extensions" not in peer.headers


@pytest.mark.parametrize(
    ("flood", "violation"),
    [(150 * b"\x89\x80\0\0\0\0", TOO_MANY), (b"\x01\x80\0\0\0\0" + 999 * b"\0\x80\0\0\0\0", TOO_MANY),
     (b"\x99\x80\0\0\0\0", VIOLATIONS[Broken.PROTOCOL])],
    ids=["pings", "fragments", "broken"],
)  # fmt: skip
async def test_frames_over_http_2_are_counted_as_well(flood, violation):
    echo = Echo()
    async with served(Lines(echo)) as url, http_2(url) as peer:
        await asyncio.wait_for(echo.connected.wait(), 10)
        heard: list[Said] = []
        echo.lines[0].inbox.hear(heard.append)
        await peer.say(b"\x81\x82\0\0\0\0hi")
        await soon(lambda: heard == ["hi"])
        await peer.say(flood)
        await soon(lambda: len(heard) > 1)
        await peer.say(b"\x81\x82\0\0\0\0ho")
        await asyncio.sleep(0.2)
        assert heard == ["hi", violation]
