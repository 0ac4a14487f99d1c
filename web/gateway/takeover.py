"""Both directions of a WebSocket once it is open: taken over from Hypercorn, or through plain ASGI.

Hypercorn and Quart read the request and answer it. From then on Hypercorn's transport is ours: bytes go from it to an
`Intake` and from a `TransportSink` to it, with no queue and no task between. Any other server, and HTTP/2, goes through ASGI.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol, cast

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.protocol.events import Data, Event
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import WSStream

from web.gateway.inbox import Inbox
from web.gateway.intake import FRAMES_BURST, FRAMES_PER_S, Intake
from web.gateway.meter import Meter
from web.gateway.sink import AsgiSink, Sink, TransportSink

__all__ = ["AsgiLine", "HypercornLine", "Line", "Lines", "hypercorn_below", "line_of"]

Message = dict[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LINE = "quizwire.line"


class Line(Protocol):
    """One WebSocket. Messages come into `inbox` and are written to `sink`; the app that `receive` and `send` belong to opens it, and hears of its end."""

    sink: Sink
    inbox: Inbox

    async def receive(self) -> Message:
        """ASGI's, without the messages."""

    async def send(self, message: Message) -> None:
        """ASGI's, up to the answer to the handshake."""


class AsgiLine:
    """Through any server."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._sink = AsgiSink(send)
        self.sink: Sink = self._sink
        self.inbox = Inbox()

    async def receive(self) -> Message:
        while (message := await self._receive())["type"] == "websocket.receive":
            text = message.get("text")
            self.inbox.put(message["bytes"] if text is None else text)
        return message

    async def send(self, message: Message) -> None:
        if not self._sink.closed:
            await self._send(message)


class HypercornLine:
    """Over the transport below Hypercorn, from the answer to the handshake on."""

    def __init__(
        self, receive: Receive, send: Send, stream: WSStream, server: TCPServer, frames: Meter
    ) -> None:
        stream.handshake.extensions = None  # Hypercorn would offer compression, and inflate without limit
        self._receive: Receive | None = receive
        self._send = send
        self._stream = stream
        self._server = server
        self._ended = asyncio.Event()
        self._transport = cast(asyncio.Transport, server.writer.transport)  # it reads as well
        sink = TransportSink(self._transport)
        self.sink: Sink = sink
        self.inbox = Inbox()
        largest = stream.config.websocket_max_message_size
        self._intake = Intake(sink, self.inbox, largest, frames, self._ended.set)

    async def receive(self) -> Message:
        if self._receive is not None:
            receive, self._receive = self._receive, None
            return await receive()  # the handshake
        await self._ended.wait()
        return {"type": "websocket.disconnect", "code": 1006}

    async def send(self, message: Message) -> None:
        await self._send(message)
        if message["type"] == "websocket.accept":
            self._take_over()

    def _take_over(self) -> None:
        """In one step, so that no byte comes in between."""
        stream: Any = self._stream

        async def handle(event: Event) -> None:
            if isinstance(event, Data):  # read before, and not looked at yet
                self._intake.data_received(event.data)

        stream.handle = handle
        stream.closed = True  # Hypercorn writes nothing more, and closes the transport when the app returns
        self._intake.replace(cast(asyncio.Protocol, self._transport.get_protocol()))
        self._transport.set_protocol(self._intake)
        self._server.reader.feed_eof()  # ends its reading task, with its timer


def hypercorn_below(send: object) -> tuple[WSStream, TCPServer] | None:
    """Hypercorn's WebSocket stream and the TCP connection below its bound `send`; None for any other server or protocol.

    The only place that knows the way: WSStream.app_send → H11Protocol.stream_send → TCPServer.protocol_send.
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
    return stream, server


class Lines:
    """ASGI middleware: puts a Line into every WebSocket's scope, and meters its frames."""

    def __init__(
        self,
        app: Callable[..., Awaitable[None]],
        frames_per_s: float = FRAMES_PER_S,
        frames_burst: float = FRAMES_BURST,
    ) -> None:
        self.app = app
        self._frames = frames_per_s, frames_burst

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            found = hypercorn_below(send)
            line: Line = (
                AsgiLine(receive, send)
                if found is None
                else HypercornLine(receive, send, *found, Meter(*self._frames))
            )
            scope[LINE] = line
            receive, send = line.receive, line.send
        await self.app(scope, receive, send)


def line_of(scope: Any) -> Line:
    """The Line that Lines put into this scope."""
    line: Line = scope[LINE]
    return line
