"""Where a connection's frames go: straight to the transport under Hypercorn, or through plain ASGI.

A frame is encoded once and the same bytes are written to every connection of a room. That needs the asyncio transport
below Hypercorn's WebSocket stream, which `takeover.py` finds. Any other server, and HTTP/2, gets `AsgiSink`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Any, Protocol

__all__ = ["AsgiSink", "Sink", "Tell", "TransportSink", "Writer", "frame"]

Send = Callable[[dict[str, Any]], Awaitable[None]]

MAX_BUFFER_BYTES = 256 * 1024
"""A peer with more than this unread is slow: it is skipped, and resynchronised or closed."""

USER_TIMEOUT_MS = 20_000
"""How long sent bytes may stay unacknowledged by the peer's kernel before the connection is given up."""

SEND_BUFFER_BYTES = 128 * 1024
"""What the kernel may hold for one peer (it takes twice of it). By itself it would grow to megabytes for each that is stuck."""


def frame(payload: bytes) -> bytes:
    """`payload` (UTF-8) as one unmasked, final WebSocket text frame (RFC 6455 §5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((0x81, length)) + payload
    if length < 65536:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload


def _control(opcode: int, payload: bytes) -> bytes:
    """A control frame (§5.5) of at most 125 bytes."""
    return bytes((0x80 | opcode, len(payload))) + payload


class Writer(Protocol):
    """What takes any frame at once."""

    def write(self, data: bytes, /) -> object:
        """Write one."""


Tell = Callable[[Writer | None], None]


class Sink(Protocol):
    """The writing end of one connection. Never blocks, never raises for a peer that is gone."""

    def write(self, data: bytes) -> bool:
        """Write encoded frames; False when the peer is closed or too slow and got nothing."""

    def watch(self, tell: Tell | None) -> None:
        """Tell what may be written to without looking first, as soon as there is such a thing; None when `write` has to look again."""

    @property
    def waiting(self) -> int:
        """Bytes written that the kernel has not taken yet: above zero, the peer reads more slowly than we write."""

    def close(self, code: int | None, reason: str = "") -> None:
        """Write a close frame, the last; only the first call counts. `reason` has at most 123 bytes."""

    def abort(self) -> None:
        """Drop the connection without a closing handshake."""


class TransportSink:
    """Writes to the transport below Hypercorn.

    As long as the kernel takes all that is written there is nothing to look at before the next write. The transport says
    when that ends and begins: its protocol calls `pause` and `resume`.
    """

    __slots__ = ("_closed", "_direct", "_largest", "_tell", "transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self._closed = False
        self._largest = 0  # a snapshot of a large room may fill the buffer on its own
        self._direct: Writer | None = None  # the transport, while nothing waits
        self._tell: Tell | None = None
        peer = transport.get_extra_info("socket")
        if peer is None:
            return
        with suppress(OSError, ValueError):  # the latter is uvloop's for who is gone already
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)

    def begin(self) -> None:
        """The transport's protocol is ours: from now on it hears of every byte that waits."""
        self.transport.set_write_buffer_limits(high=1, low=0)  # with 0, TLS would wait for ever
        if not self.waiting:
            self.resume()

    def write(self, data: bytes) -> bool:
        if self._direct is not None:
            self._direct.write(data)
            return True
        transport = self.transport
        if self._closed or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > MAX_BUFFER_BYTES + self._largest:
            return False
        if len(data) > self._largest:
            self._largest = len(data)
        transport.write(data)
        return True

    def watch(self, tell: Tell | None) -> None:
        self._tell = tell
        if self._direct is not None:
            self._now(self._direct)

    def pause(self) -> None:
        """Something waits, or the connection is about to end: look before each write."""
        self._largest = max(self._largest, self.waiting)  # all of it is the rest of one frame
        self._now(None)

    def resume(self) -> None:
        """Nothing waits any more."""
        if not self._closed and not self.transport.is_closing():
            self._now(self.transport)

    def _now(self, direct: Writer | None) -> None:
        self._direct = direct
        if self._tell is not None:
            self._tell(direct)

    def pong(self, payload: bytes) -> None:
        """Answer a ping; a peer that does not read gets none."""
        self.write(_control(0xA, payload))

    @property
    def waiting(self) -> int:
        return self.transport.get_write_buffer_size()

    def close(self, code: int | None, reason: str = "") -> None:
        if not self._closed and not self.transport.is_closing():
            payload = b"" if code is None else code.to_bytes(2, "big") + reason.encode()
            self.transport.write(_control(0x8, payload))
        self._closed = True
        self._now(None)

    def abort(self) -> None:
        self._now(None)
        self.transport.abort()


class AsgiSink:
    """Sends through the server's own `send`, one task per connection, with a bounded backlog."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._backlog: asyncio.Queue[tuple[int, dict[str, Any]]] = asyncio.Queue()
        self._backlog_bytes = 0
        self._task: asyncio.Task[None] | None = None
        self.closed = False

    def write(self, data: bytes) -> bool:
        if self.closed or self._backlog_bytes > MAX_BUFFER_BYTES:
            return False
        for payload in _payloads(data):
            self._put(len(payload), {"type": "websocket.send", "bytes": None, "text": payload.decode()})
        return True

    def watch(self, tell: Tell | None) -> None:
        """Every write goes through the queue."""

    @property
    def waiting(self) -> int:
        return self._backlog_bytes

    def close(self, code: int | None, reason: str = "") -> None:
        if not self.closed:
            self._put(
                0, {"type": "websocket.close", "code": 1000 if code is None else code, "reason": reason}
            )
            self.closed = True

    def abort(self) -> None:
        self.closed = True
        if self._task is not None:
            self._task.cancel()

    def _put(self, length: int, message: dict[str, Any]) -> None:
        self._backlog_bytes += length
        self._backlog.put_nowait((length, message))
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            while True:
                length, message = await self._backlog.get()
                await self._send(message)
                self._backlog_bytes -= length
        except Exception:
            self.closed = True


def _payloads(data: bytes) -> Iterator[bytes]:
    """The payloads of frames made by `frame`."""
    while data:
        extended = {0x7E: 2, 0x7F: 8}.get(data[1], 0)
        start = 2 + extended
        end = start + (int.from_bytes(data[2:start], "big") if extended else data[1])
        yield data[start:end]
        data = data[end:]
