"""Connections of the load side: the cheapest that can be, so that the server is what is measured.

After the handshake nothing is parsed: frames of one round have one length, so that bytes tell how many there were.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable

__all__ = ["Peer", "connect_all", "masked"]

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{more}\r\n"
)
PATHS = {"ws": "/ws", "socketio": "/socket.io/?EIO=4&transport=websocket"}
AT_ONCE = 100


def masked(payload: bytes) -> bytes:
    """A client's text frame (RFC 6455 §5.3), masked with zeros: nobody looks into loopback."""
    length = len(payload)
    head = bytes((0x81, 0x80 | length)) if length < 126 else b"\x81\xfe" + length.to_bytes(2, "big")
    return head + b"\0\0\0\0" + payload


class Peer(asyncio.Protocol):
    """One connection. `kind` is `tcp`, `ws` or `socketio`; `on_data` gets whatever comes once it is open."""

    def __init__(self, kind: str, port: int, on_data: Callable[[Peer, bytes], None]) -> None:
        self.kind = kind
        self.port = port
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport
        self.received = 0  # bytes since the count began
        self._on_data = on_data
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        if self.kind == "tcp":
            return  # the server says a byte
        key = base64.b64encode(os.urandom(16)).decode()
        more = "Sec-WebSocket-Protocol: quiz.v1\r\n" if self.kind == "ws" else ""
        text = HANDSHAKE.format(path=PATHS[self.kind], port=self.port, key=key, more=more)
        self.transport.write(text.encode())

    def data_received(self, data: bytes) -> None:
        if self.opened.done():
            self._on_data(self, data)
            return
        self._head += data
        if self.kind == "tcp":
            self.opened.set_result(None)
        elif self.kind == "ws":
            if b"\r\n\r\n" in self._head:
                self._opened()
        elif b"0{" in self._head and b"40{" not in self._head:
            self.transport.write(masked(b"40"))  # socket.io: come into the main namespace
        elif b"40{" in self._head:
            self._opened()

    def _opened(self) -> None:
        if b" 101 " not in self._head.split(b"\r\n", 1)[0]:
            self.opened.set_exception(ConnectionError(repr(self._head[:200])))
        else:
            self.opened.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionError(f"closed in the handshake: {error}"))


async def connect_all(kind: str, port: int, count: int, on_data: Callable[[Peer, bytes], None]) -> list[Peer]:
    """Open `count` connections, a hundred at a time."""
    loop = asyncio.get_running_loop()
    peers: list[Peer] = []

    async def one() -> Peer:
        _, peer = await loop.create_connection(lambda: Peer(kind, port, on_data), "127.0.0.1", port)
        await asyncio.wait_for(peer.opened, 60)
        return peer

    while len(peers) < count:
        peers += await asyncio.gather(*(one() for _ in range(min(AT_ONCE, count - len(peers)))))
    return peers
