"""One WebSocket of a test, held by hand: every byte it receives is kept."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from client import Api, Host

__all__ = ["Session", "Wire", "open_session", "wire"]

PATIENCE_S = 15.0


class Wire:
    """A connection to one gateway; `frames` holds the raw text of all that came, in order."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.websocket = websocket
        self.frames: list[bytes] = []

    async def say(self, message: dict[str, Any] | str | bytes) -> None:
        """Send: a mapping as JSON, text and bytes as they are."""
        await self.websocket.send(json.dumps(message) if isinstance(message, dict) else message)

    async def hello(self, **fields: Any) -> dict[str, Any]:
        """Say hello, wait for the snapshot, and return it."""
        await self.say({"type": "hello", **fields})
        await self.until("welcome")
        return await self.until("snapshot")

    async def answer(self, question_id: str, option: str, answer_id: str | None = None) -> dict[str, Any]:
        """Answer, and return the ack or error about it."""
        answer_id = answer_id or str(uuid4())
        await self.say({"type": "answer", "id": answer_id, "question_id": question_id, "option": option})
        while True:
            frame = await self.until("ack", "error")
            if frame.get("re") == answer_id:
                return frame

    async def until(self, *kinds: str, patience_s: float = PATIENCE_S) -> dict[str, Any]:
        """The next frame of one of these types; others on the way are only kept."""
        async with asyncio.timeout(patience_s):
            while True:
                data = await self.websocket.recv(decode=False)
                self.frames.append(data)
                frame: dict[str, Any] = json.loads(data)
                if frame["type"] in kinds:
                    return frame

    async def collect(self, seconds: float) -> None:
        """Keep whatever arrives for a while."""
        with suppress(TimeoutError, ConnectionClosed):
            await self.until("nothing has this type", patience_s=seconds)

    async def code(self) -> int:
        """Wait for the server to close; the code it closed with."""
        try:
            await self.until("nothing has this type")
        except ConnectionClosed as closed:
            return 1006 if closed.rcvd is None else int(closed.rcvd.code)
        raise AssertionError("the connection stayed open")


@asynccontextmanager
async def wire(
    url: str, *, subprotocol: str = "quiz.v1", receives_bytes: int | None = None
) -> AsyncIterator[Wire]:
    """A fresh connection to the gateway at `url`, before its hello; its kernel takes in about `receives_bytes`."""
    own = None
    if receives_bytes is not None:
        own = socket.socket()
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives_bytes)
        own.setblocking(False)
        parts = urlsplit(url)
        await asyncio.get_running_loop().sock_connect(own, (parts.hostname, parts.port))
    async with connect(
        f"{url.replace('http', 'ws', 1)}/ws",
        origin=Origin(url),
        subprotocols=[Subprotocol(subprotocol)],
        compression=None,
        proxy=None,
        ping_interval=None,
        max_size=None,
        close_timeout=1,
        sock=own,
    ) as websocket:
        yield Wire(websocket)


class Session:
    """A session of a quiz of our own, with its host."""

    def __init__(self, host: Host, quiz: dict[str, Any], state: dict[str, Any]) -> None:
        self.host = host
        self.quiz = quiz
        self.state = state
        self._guests = 0

    @property
    def id(self) -> str:
        """The session's id."""
        return str(self.state["id"])

    @property
    def question_ids(self) -> list[str]:
        """In the order they are asked."""
        return [question["id"] for question in self.quiz["questions"]]

    async def join(self) -> dict[str, Any]:
        """A new guest: `{participant_id, ticket, resume_token, …}`."""
        self._guests += 1
        api = Api(self.host.api.urls)
        try:
            return await api.join(self.state["join_code"], f"Guest {self._guests}", self._guests)
        finally:
            await api.close()

    async def next(self) -> str:
        """Open the next question; its id."""
        self.state = await self.host.next(self.state)
        return self.question_ids[self.state["question_index"]]

    async def close(self) -> None:
        """Close the open question."""
        self.state = await self.host.close(self.state)

    async def end(self) -> None:
        """End the session."""
        self.state = await self.host.end(self.state)


@asynccontextmanager
async def open_session(
    urls: list[str], draft: dict[str, Any], pacing: str = "host", **settings: Any
) -> AsyncIterator[Session]:
    """A fresh host plays a fresh quiz; `settings` are what else is chosen at the start."""
    api = Api(urls)
    host = Host(api)
    try:
        await host.sign_in(None, None)
        quiz = await api.call("GET", f"/quizzes/{await host.create_quiz(draft)}")
        yield Session(host, quiz, await host.start(quiz["id"], pacing, **settings))
    finally:
        await api.close()
