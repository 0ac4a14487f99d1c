"""A guest whose every connection is made and cut by hand, and whose view goes on across them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any
from uuid import uuid4

from websockets.exceptions import ConnectionClosed

from client import messages
from client.board import Boards
from client.view import View
from tests.e2e.wire import Wire, wire

__all__ = ["Guest"]

PATIENCE_S = 20.0


class Guest:
    """Somebody who joined; `code` is what the last connection was closed with by the server."""

    def __init__(self, joined: dict[str, Any]) -> None:
        self.id: str = joined["participant_id"]
        self.view = View()
        self.gateway: int | None = None
        self.code: int | None = None
        self._joined = joined
        self._boards = Boards()
        self._acks: asyncio.Queue[messages.Ack] = asyncio.Queue()
        self._wire: Wire | None = None
        self._reader: asyncio.Task[None] | None = None
        self._open = AsyncExitStack()
        self._known = False

    @property
    def connected(self) -> bool:
        """Whether there is a connection that nobody has closed."""
        return self._reader is not None and not self._reader.done()

    async def connect(self, gateways: list[str], gateway: int) -> None:
        """Say hello with whatever one has by now; returns when it was answered, or the server has closed."""
        if self._wire is not None:
            await self.closed()
        self.gateway, self.code = gateway, None
        self._wire = await self._open.enter_async_context(wire(gateways[gateway]))
        hello = {"resume_token": self._joined["resume_token"], "epoch": self.view.epoch, "seq": self.view.seq}
        if not self._known:
            hello = {"ticket": self._joined["ticket"]}
        welcomed = asyncio.Event()
        self._reader = asyncio.create_task(self._read(self._wire, welcomed))
        await self._wire.say({"type": "hello", **hello})
        async with asyncio.timeout(PATIENCE_S):
            await welcomed.wait()
        self._known = self._known or self.code is None

    async def cut(self) -> None:
        """The network goes away, without a goodbye."""
        assert self._wire is not None
        self._wire.websocket.transport.abort()
        await self.closed()

    async def closed(self) -> None:
        """Wait until the connection has ended."""
        if self._reader is not None:
            async with asyncio.timeout(PATIENCE_S):
                await self._reader
        await self._open.aclose()
        self._open, self._wire, self._reader = AsyncExitStack(), None, None

    async def answer(self, question_id: str, option: str, answer_id: str | None = None) -> messages.Ack:
        """Answer, and return the first ack about it."""
        answer_id = answer_id or str(uuid4())
        assert self._wire is not None
        await self._wire.say(messages.answer(answer_id, question_id, option).decode())
        async with asyncio.timeout(PATIENCE_S):
            while (ack := await self._acks.get()).re != answer_id:
                pass
        return ack

    async def _read(self, connection: Wire, welcomed: asyncio.Event) -> None:
        try:
            while True:
                data = await connection.websocket.recv(decode=False)
                message = messages.decode(data)
                self._take(message, data)
                if isinstance(message, messages.Welcome):
                    welcomed.set()
                elif isinstance(message, messages.Ping):
                    await connection.websocket.send(messages.pong(message.t).decode())
                if self.view.wants_sync:
                    await connection.say({"type": "sync"})
                    self.view.wants_sync = False
        except ConnectionClosed as closed:
            self.code = None if closed.rcvd is None else closed.rcvd.code
        finally:
            welcomed.set()

    def _take(self, message: messages.ServerMessage, data: bytes) -> None:
        if isinstance(message, messages.Ack):
            self._acks.put_nowait(message)
        elif isinstance(message, messages.Leaderboard):
            self.view.take_board(self._boards.apply(self.view.board, data))
            return
        elif isinstance(message, messages.Snapshot):
            self.view.take_board(self._boards.load(bytes(message.leaderboard)))
        elif not isinstance(message, messages.Welcome) and (seq := getattr(message, "seq", None)) is not None:
            assert seq == self.view.seq + 1, f"event {seq} came after {self.view.seq}"
        self.view.take(message)
