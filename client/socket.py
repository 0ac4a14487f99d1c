"""A conversation on the network: a WebSocket at a time, and a new one wherever the old one broke."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from time import monotonic
from types import TracebackType
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from client import messages
from client.answers import Attempt
from client.conversation import Conversation, Event
from client.reconnecting import STOP_CODES, pause_s
from client.view import View

__all__ = ["Socket", "websocket_url"]

SUBPROTOCOL = Subprotocol("quiz.v1")
TICK_S = 0.5
WAITING_EVENTS = 256
"""Events that wait for whoever iterates; then the network waits, too."""


class Socket:
    """Keeps a conversation connected until a stop code, over any of `urls` (WebSocket URLs of gateways) in turn.

    ```python
    async with Socket([joined["ws_url"]], Conversation(joined["ticket"], joined["resume_token"])) as socket:
        async for event in socket:
            if isinstance(event, Question):
                await socket.answer(event.question_id, "A")
    ```

    `new_ticket` is asked for one whenever the conversation cannot go on without: a host's or a screen's. An instance
    that is not entered but only `run` does not collect events; then call `tick` about twice a second.
    """

    def __init__(
        self,
        urls: Sequence[str],
        conversation: Conversation,
        *,
        first: int = 0,
        new_ticket: Callable[[], Awaitable[str]] | None = None,
    ) -> None:
        self.conversation = conversation
        self._urls = urls
        self._next_url = first
        self._new_ticket = new_ticket
        self._websocket: ClientConnection | None = None
        self._sends: set[asyncio.Task[None]] = set()
        self._events: asyncio.Queue[Event | None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._leaving = False

    @property
    def view(self) -> View:
        """What is known of the session now."""
        return self.conversation.view

    @property
    def connected(self) -> bool:
        """Whether there is a connection that has said hello."""
        return self._websocket is not None

    async def __aenter__(self) -> Socket:
        self._events = asyncio.Queue(WAITING_EVENTS)
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._run_to_the_end()), loop.create_task(self._keep_ticking())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.leave()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Everything that happens, until the server says stop or the session has ended.

        Raises what ended the connection for good, for example what `new_ticket` raised.
        """
        if self._events is None:
            raise RuntimeError("enter the socket first: async with Socket(…) as socket")
        while (event := await self._events.get()) is not None:
            yield event
        self._tasks[0].result()

    async def answer(self, question_id: str, option: str) -> Attempt:
        """Answer the open question; it is sent again until the server has it, over as many connections as that takes.

        What is returned tells more as it comes: `status`, `correct`, `points`. Raises ValueError for a question that is
        not open or was answered.
        """
        frame = self.conversation.answer(question_id, option, monotonic())
        await self._send([frame])
        return self.conversation.answers.given[question_id]

    async def leave(self) -> None:
        """Say goodbye, if connected; the server closes, and nobody comes back."""
        self._leaving = True
        websocket = self._websocket
        if websocket is not None:
            with suppress(ConnectionClosed, TimeoutError):
                await websocket.send(messages.leave, text=True)
                async with asyncio.timeout(2):
                    await websocket.wait_closed()

    def cut(self) -> None:
        """Drop the connection without a goodbye, as a lost network does; another one follows."""
        if self._websocket is not None:
            self._websocket.transport.abort()

    async def run(self) -> None:
        """Connect, and reconnect with growing, jittered pauses, until the server says stop or the session ended."""
        conversation, failures = self.conversation, 0
        while True:
            if conversation.needs_ticket:
                if self._new_ticket is None:
                    return
                conversation.ticket = await self._new_ticket()
            code = await self._connection()
            conversation.lost(code)
            if code in STOP_CODES or self._leaving or conversation.ended:
                return
            failures = 1 if conversation.welcomed else failures + 1
            asked_s, conversation.reconnect_in_s = conversation.reconnect_in_s, None
            await asyncio.sleep(pause_s(failures, asked_s))

    def tick(self) -> None:
        """Send what is overdue and give up a dead connection; call about twice a second."""
        if self._websocket is None:
            return
        now = monotonic()
        if self.conversation.is_dead(now):
            self.cut()
        else:
            self.post(self.conversation.overdue(now))

    def post(self, frames: list[bytes]) -> None:
        """Send from outside the reading loop, soon."""
        if frames and self._websocket is not None:
            task = asyncio.get_running_loop().create_task(self._send(frames))
            self._sends.add(task)
            task.add_done_callback(self._sends.discard)

    def heard(self) -> None:
        """Called after each frame that was taken in."""

    async def _connection(self) -> int | None:
        """One connection from handshake to close; its close code, or None when the network was lost."""
        conversation = self.conversation
        url = self._urls[self._next_url % len(self._urls)]
        self._next_url += 1
        try:
            async with connect(
                url,
                subprotocols=[SUBPROTOCOL],
                compression=None,
                proxy=None,
                ping_interval=None,  # the contract has its own heartbeat
                max_size=None,
                max_queue=WAITING_EVENTS,
                open_timeout=15,
                close_timeout=2,
            ) as websocket:
                conversation.last_heard = monotonic()
                await websocket.send(conversation.hello(), text=True)
                self._websocket = websocket
                try:
                    await self._read(websocket)
                finally:
                    self._websocket = None
        except ConnectionClosed as closed:
            return None if closed.rcvd is None else int(closed.rcvd.code)
        except (OSError, TimeoutError, InvalidHandshake):
            return None
        return None

    async def _read(self, websocket: ClientConnection) -> None:
        while True:
            data = await websocket.recv(decode=False)
            event, frames = self.conversation.receive(data, monotonic())
            for frame in frames:
                await websocket.send(frame, text=True)
            self.heard()
            if self._events is not None and event is not None:
                await self._events.put(event)

    async def _send(self, frames: list[bytes]) -> None:
        websocket = self._websocket
        if websocket is not None:
            with suppress(ConnectionClosed):  # the reading loop notices, and what was lost is sent again
                for frame in frames:
                    await websocket.send(frame, text=True)

    async def _run_to_the_end(self) -> None:
        assert self._events is not None
        try:
            await self.run()
        except Exception:
            await self._events.put(None)
            raise
        await self._events.put(None)

    async def _keep_ticking(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.tick()


def websocket_url(base_url: str, path: str = "/ws") -> str:
    """From a gateway's base address to that of its WebSocket."""
    parts = urlsplit(base_url)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + path, "", ""))
