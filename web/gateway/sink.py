"""Where a connection's frames go: straight to the transport under Hypercorn, or through plain ASGI.

A frame is encoded once and the same bytes are written to every connection of a room. That needs the asyncio transport
below Hypercorn's WebSocket stream, which `transport_of` finds. Any other server, and HTTP/2, gets `AsgiSink`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Protocol

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import WSStream

from web.gateway.intake import FRAMES_BURST, FRAMES_PER_S, Intake

__all__ = ["AsgiSink", "RawSend", "Sink", "TransportSink", "frame", "sink_of", "transport_of"]

Scope = MutableMapping[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]

MAX_BUFFER_BYTES = 256 * 1024
"""A peer with more than this unread is slow: it is skipped, and resynchronised or closed."""

USER_TIMEOUT_MS = 20_000
"""How long sent bytes may stay unacknowledged by the peer's kernel before the connection is given up."""

SEND_BUFFER_BYTES = 128 * 1024
"""What the kernel may hold for one peer (it takes twice of it). By itself it would grow to megabytes for each that is stuck."""

SINK = "quizwire.sink"


def frame(payload: bytes) -> bytes:
    """`payload` (UTF-8) as one unmasked, final WebSocket text frame (RFC 6455 §5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((0x81, length)) + payload
    if length < 65536:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload


class Sink(Protocol):
    """The writing end of one connection. Never blocks, never raises for a peer that is gone."""

    def write(self, data: bytes) -> bool:
        """Write one encoded frame; False when the peer is closed or too slow and got nothing."""

    @property
    def waiting(self) -> int:
        """Bytes written that the kernel has not taken yet: above zero, the peer reads more slowly than we write."""

    def abort(self) -> None:
        """Drop the connection without a closing handshake."""


class TransportSink:
    """Writes to the transport below Hypercorn."""

    __slots__ = ("_largest", "transport")

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self.transport = transport
        self._largest = 0  # a snapshot of a large room may fill the buffer on its own
        peer = transport.get_extra_info("socket")
        if peer is None:
            return
        with suppress(OSError):
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)

    def write(self, data: bytes) -> bool:
        transport = self.transport
        if transport.is_closing() or transport.get_write_buffer_size() > MAX_BUFFER_BYTES + self._largest:
            return False
        if len(data) > self._largest:
            self._largest = len(data)
        transport.write(data)
        return True

    @property
    def waiting(self) -> int:
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        self.transport.abort()


class AsgiSink:
    """Sends through the server's own `send`, one task per connection, with a bounded backlog."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._backlog: asyncio.Queue[str] = asyncio.Queue()
        self._backlog_bytes = 0
        self._closed = False
        self._task: asyncio.Task[None] | None = None

    def write(self, data: bytes) -> bool:
        if self._closed or self._backlog_bytes > MAX_BUFFER_BYTES:
            return False
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())
        text = _payload(data).decode()
        self._backlog_bytes += len(data)
        self._backlog.put_nowait(text)
        return True

    @property
    def waiting(self) -> int:
        return self._backlog_bytes

    def abort(self) -> None:
        self._closed = True
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            while True:
                text = await self._backlog.get()
                await self._send({"type": "websocket.send", "bytes": None, "text": text})
                self._backlog_bytes -= len(text)
        except Exception:
            self._closed = True


def _payload(data: bytes) -> bytes:
    """The payload of a frame made by `frame`."""
    header = {0x7E: 4, 0x7F: 10}.get(data[1], 2)
    return data[header:]


def transport_of(send: object) -> tuple[WSStream, asyncio.WriteTransport] | None:
    """Hypercorn's WebSocket stream and the transport below its bound `send`; None for any other server or protocol.

    The only place that knows Hypercorn's inside: WSStream.app_send → H11Protocol.stream_send → TCPServer.protocol_send.
    """
    stream = getattr(send, "__self__", None)
    if not isinstance(stream, WSStream):
        return None
    protocol = getattr(stream.send, "__self__", None)
    if not isinstance(protocol, H11Protocol):
        return None
    server = getattr(protocol.send, "__self__", None)
    if not isinstance(server, TCPServer):
        return None
    return stream, server.writer.transport


class RawSend:
    """ASGI middleware: puts a Sink into every WebSocket's scope, meters its frames, and leaves permessage-deflate out.

    Hypercorn would offer compression on its own and inflate without limit; a client that offers it gets none.
    """

    def __init__(
        self,
        app: Callable[..., Awaitable[None]],
        frames_per_s: float = FRAMES_PER_S,
        frames_burst: float = FRAMES_BURST,
    ) -> None:
        self.app = app
        self._frames = frames_per_s, frames_burst

    async def __call__(self, scope: Scope, receive: Callable[..., Any], send: Send) -> None:
        if scope["type"] == "websocket":
            found = transport_of(send)
            if found is None:
                scope[SINK] = AsgiSink(send)
            else:
                stream, transport = found
                stream.handshake.extensions = None
                Intake(stream, *self._frames).install()
                scope[SINK] = TransportSink(transport)
        await self.app(scope, receive, send)


def sink_of(scope: Any) -> Sink:
    """The Sink that RawSend put into this scope."""
    sink: Sink = scope[SINK]
    return sink
