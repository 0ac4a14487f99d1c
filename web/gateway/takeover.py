"""Both directions of a WebSocket once it is open: taken over from Hypercorn, or through plain ASGI.

Hypercorn and Quart read the request and answer it. From then on Hypercorn's transport is ours: bytes go from it to an
`Intake` and from a `TransportSink` to it, with no queue and no task between, and nothing of Hypercorn and Quart is kept.
Any other server, and HTTP/2, goes through ASGI; of Hypercorn's HTTP/2 the frames are counted on their way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any, NamedTuple, Protocol, cast

from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.protocol.events import Data, Event
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import WSStream

from bus.telemetry import context
from web.gateway.counting import count_frames
from web.gateway.inbox import Inbox
from web.gateway.intake import FRAMES_BURST, FRAMES_PER_S, Intake
from web.gateway.meter import Meter
from web.gateway.sink import AsgiSink, Sink, TransportSink
from web.serving.exchange import Exchange

__all__ = ["AsgiLine", "HypercornLine", "Line", "Lines", "hypercorn_below", "line_of"]

Message = dict[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LINE = "quizwire.line"

LAST_READ_S = 3.0
"""How long a peer that has closed may take to read what was written before. It has given back its place."""


class Line(Protocol):
    """One WebSocket. Messages come into `inbox` and are written to `sink`.

    The app below which it lies accepts the handshake by ASGI's `receive` and `send`, and leaves the rest to one task.
    """

    sink: Sink
    inbox: Inbox

    async def carry(self, conversation: asyncio.Task[None]) -> None:
        """Cancel `conversation` when the peer closes or is gone, and end the connection when it is done.

        To be called at once after accepting. When it returns, the app returns.
        """

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

    async def carry(self, conversation: asyncio.Task[None]) -> None:
        try:
            await conversation  # to cancel this, when the peer is gone, is to cancel that
        finally:
            self.sink.abort()  # its task would wait for ever

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

    def __init__(self, receive: Receive, send: Send, below: Below, frames: Meter) -> None:
        self._receive: Receive | None = receive
        self._send: Send | None = send
        self._below: Below | None = below
        self._transport = below.transport
        self._owner = below.owner
        sink = TransportSink(self._transport)
        self.sink: Sink = sink
        self.inbox = Inbox()
        self._intake = Intake(sink, self.inbox, below.stream.config.websocket_max_message_size, frames)

    async def carry(self, conversation: asyncio.Task[None]) -> None:
        self._intake.when_gone(conversation.cancel)
        conversation.add_done_callback(self._close, context=context.apart())

    async def receive(self) -> Message:
        if self._receive is not None:
            receive, self._receive = self._receive, None
            return await receive()  # the handshake
        never: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        return await never  # the app is about to return

    async def send(self, message: Message) -> None:
        if self._send is not None:
            await self._send(message)
            if message["type"] == "websocket.accept":
                self._take_over()

    def _close(self, _: asyncio.Task[None]) -> None:
        """A peer that does not read what was written to the end keeps its buffer no longer than a moment."""
        waiting = self._transport.get_write_buffer_size()
        self._transport.close()
        if waiting:
            asyncio.get_running_loop().call_later(LAST_READ_S, self._transport.abort)

    def _take_over(self) -> None:
        """In one step, so that no byte comes in between."""
        assert self._below is not None
        stream: Any = self._below.stream
        let_go = self._below.let_go
        intake = self._intake
        self._below = self._send = None  # they are in memory until the app returns, and no longer
        if stream.closed or self._transport.is_closing():
            # The peer was gone before the answer, or got a 400: it has seen no 101. Who was below ends it.
            self._transport.close()
            intake.connection_lost(None)
            return

        async def handle(event: Event) -> None:
            if isinstance(event, Data):  # read before, and not looked at yet
                intake.data_received(event.data)

        stream.handle = handle
        stream.closed = True  # it writes nothing more
        let_go()
        self._transport.set_protocol(intake)
        intake.connection_made(self._transport)


class Below(NamedTuple):
    """What is below a WebSocket's ASGI."""

    stream: WSStream
    transport: asyncio.Transport
    owner: object  # closes the transport when nobody keeps it
    let_go: Callable[[], None]  # it thinks no more of the connection as its own


def hypercorn_below(send: object) -> Below | None:
    """Hypercorn's WebSocket stream and what is below its bound `send`; None for any other server or protocol.

    The only place that knows the ways: WSStream.app_send → Exchange.stream_send → Lane, and for handshakes of unusual
    shape WSStream.app_send → H11Protocol.stream_send → TCPServer.protocol_send.
    """
    stream = getattr(send, "__self__", None)
    if not isinstance(stream, WSStream):
        return None
    protocol = getattr(stream.send, "__self__", None)
    if isinstance(protocol, Exchange):
        lane = protocol.lane
        return Below(stream, lane.transport, None, lane.leave)
    server = getattr(protocol.send, "__self__", None) if isinstance(protocol, H11Protocol) else None
    if not isinstance(server, TCPServer):
        return None
    transport = cast(asyncio.Transport, server.writer.transport)  # it reads as well
    return Below(stream, transport, server.writer, partial(_let_go, server))


def _let_go(server: Any) -> None:
    async def leave_open() -> None:
        """Hypercorn closes what it thinks is its own when the app returns."""

    server._close = leave_open
    server.writer.transport.get_protocol().connection_lost(None)


def _offer_no_compression(send: object) -> None:
    """Over HTTP/2 as well: Hypercorn would, and inflate without limit."""
    stream = getattr(send, "__self__", None)
    if isinstance(stream, WSStream):
        stream.handshake.extensions = None


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
            _offer_no_compression(send)
            found = hypercorn_below(send)
            line: Line = (
                AsgiLine(receive, send)
                if found is None
                else HypercornLine(receive, send, found, Meter(*self._frames))
            )
            scope[LINE] = line
            if isinstance(line, AsgiLine):
                count_frames(send, line.inbox, Meter(*self._frames))
            receive, send = line.receive, line.send
        await self.app(scope, receive, send)


def line_of(scope: Any) -> Line:
    """The Line that Lines put into this scope."""
    line: Line = scope[LINE]
    return line
