"""Plain HTTP over one connection that is kept, at no cost worth naming: participants join over it, hosts open and close."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Self

__all__ = ["Desk", "Refused"]


class Refused(RuntimeError):
    """The server refused: its problem document."""


class Desk(asyncio.Protocol):
    """One keep-alive connection: one request after the other."""

    def __init__(self) -> None:
        self._reply: asyncio.Future[bytes] | None = None
        self._data = b""
        self._transport: asyncio.Transport

    @classmethod
    async def at(cls, port: int) -> Self:
        """Connected to a gateway on this machine."""
        _, desk = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return desk

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, found, body = self._data.partition(b"\r\n\r\n")
        if not found or self._reply is None:
            return
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        if len(body) >= length:
            self._data = b""
            reply, self._reply = self._reply, None
            if head.split(b" ", 2)[1].startswith(b"2"):
                reply.set_result(body)
            else:
                reply.set_exception(Refused(body.decode()))

    def connection_lost(self, error: Exception | None) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(ConnectionError("closed"))

    async def post(self, path: str, body: object = None, token: str | None = None) -> Any:
        """The decoded reply. Raises Refused, or ConnectionError when the server closes instead."""
        sent = b"" if body is None else json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(sent)}\r\n"
        if body is not None:
            head += "Content-Type: application/json\r\n"
        if token is not None:
            head += f"Authorization: Bearer {token}\r\n"
        self._reply = asyncio.get_running_loop().create_future()
        if self._transport.is_closing():
            raise ConnectionError("closed")
        self._transport.write(head.encode() + b"\r\n" + sent)
        return json.loads(await self._reply)

    async def join(self, code: str, nickname: str) -> dict[str, Any]:
        """What the server says to whoever comes in. Raises like `post`."""
        joined: dict[str, Any] = await self.post(f"/users/quizzes/{code}/join", {"nickname": nickname})
        return joined

    def leave(self) -> None:
        """Close the connection."""
        self._transport.close()
