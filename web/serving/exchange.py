"""One whole request and its answer, between Hypercorn's stream above and the bytes below."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from hypercorn.asyncio.task_group import _handle
from hypercorn.protocol.events import Body, Data, EndBody, Event, Request, Response, StreamClosed
from hypercorn.protocol.http_stream import HTTPStream
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.typing import ConnectionState

from web.serving.answer import Answer
from web.serving.plain import Plain

if TYPE_CHECKING:
    from web.serving.lane import Lane

__all__ = ["WHOLE", "Exchange"]

WHOLE = "quizwire.whole"
"""In a scope: the Exchange, which has all of the body and says when the peer is gone."""

STREAM_ID = 1
_NO_THREADS: Any = None  # only WSGI has them


class Exchange:
    """What Hypercorn's streams take for their protocol and their task group: everything is in one task."""

    def __init__(self, lane: Lane, request: Plain, *, last: bool) -> None:
        self.lane = lane
        self.request = request
        self.answer = Answer(lane.serving.config, request.method, last=last or request.websocket)
        self.stream: HTTPStream | WSStream | None = None
        self._head = self._early = b""
        self._app: tuple[Any, Callable[[Any], Awaitable[None]]] | None = None
        self._messages: list[Any] = []
        self._wake: asyncio.Future[None] | None = None
        self._tell_gone: Callable[[], object] | None = None
        self.gone = False

    async def run(self) -> None:
        """From the request to the end of the app, which may be after that of the answer."""
        lane, request = self.lane, self.request
        serving = lane.serving
        kind = WSStream if request.websocket else HTTPStream
        self.stream = stream = kind(
            serving.app,
            serving.config,
            serving.context,
            self,  # type: ignore[arg-type]
            False,
            lane.client,
            lane.server,
            self.stream_send,
            STREAM_ID,
        )
        if not request.websocket:
            self._messages.append({"type": "http.request", "body": request.body, "more_body": False})
        state = ConnectionState({})
        await stream.handle(Request(STREAM_ID, request.headers, "1.1", request.method, request.target, state))
        if self._early:
            await stream.handle(Data(STREAM_ID, self._early))
        if self._app is None:  # refused
            lane.done(self)
            return
        scope, send = self._app
        scope[WHOLE] = self
        await _handle(serving.app, serving.config, scope, self._receive, send, _NO_THREADS, _NO_THREADS)
        lane.done(self)

    def when_gone(self, tell: Callable[[], object]) -> None:
        """Call `tell` when the peer is gone before its answer is complete."""
        self._tell_gone = tell
        if self.gone:
            tell()

    def lose(self) -> None:
        """The peer is gone."""
        self.gone = True
        if self.stream is not None:
            self.stream.closed = True
        kind = "websocket.disconnect" if self.request.websocket else "http.disconnect"
        self._put({"type": kind, "code": 1006} if self.request.websocket else {"type": kind})
        if self._tell_gone is not None:
            self._tell_gone()

    def more(self, data: bytes) -> None:
        """Bytes of a WebSocket that nobody has taken over. Before it is open, Hypercorn refuses them."""
        if self.stream is None:
            self._early += data
        else:
            self.lane.serving.spawn(self.stream.handle(Data(STREAM_ID, data)))

    async def spawn_app(
        self, app: Any, config: Any, scope: Any, send: Any
    ) -> Callable[[Any], Awaitable[None]]:
        """A task group's: the app is called by `run`."""
        self._app = scope, send
        return self._app_put

    async def stream_send(self, event: Event) -> None:
        """A protocol's."""
        if self.gone:
            return
        kind = type(event)
        if isinstance(event, Response):
            self._head = self.answer.head(event.status_code, event.headers)
            if event.status_code < 200:
                self.answer.last = True
                await self._write(b"")
        elif isinstance(event, Body):
            await self._write(self.answer.body(event.data))
        elif isinstance(event, Data):
            await self._write(event.data)
        elif kind is EndBody:
            await self._write(self.answer.end())
        elif kind is StreamClosed:
            self._tell_gone = None
            if self.stream is not None:
                self.stream.closed = True
            self._put({"type": "http.disconnect"})
            self.lane.done(self)

    async def _write(self, data: bytes) -> None:
        """The head goes out with the first piece of the body."""
        if self._head or data:
            head, self._head = self._head, b""
            await self.lane.write(head + data)

    async def _app_put(self, message: Any) -> None:
        self._put(message)

    def _put(self, message: Any) -> None:
        self._messages.append(message)
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def _receive(self) -> Any:
        while not self._messages:
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake
        return self._messages.pop(0)
