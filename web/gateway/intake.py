"""What Hypercorn has read for one WebSocket, on its way to messages: counted, bounded, and refused by RFC 6455.

Takes the place of `WSStream._handle_events`, which counts nothing but messages: it answers any number of pings, takes
any number of empty fragments, and closes without a code after a broken frame. Here the first violation goes to the
gateway as the last message, and whatever follows is thrown away slowly, so that a flood costs nobody else anything.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from hypercorn.protocol.events import Body, Data, Event, StreamClosed
from hypercorn.protocol.ws_stream import WSStream
from wsproto.connection import ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

from web.gateway.errors import Close
from web.gateway.meter import Meter

__all__ = ["FRAMES_BURST", "FRAMES_PER_S", "Intake", "Violation"]

FRAMES_PER_S = 50.0
FRAMES_BURST = 100.0
"""Of any kind: five times what the meter of messages lets through, for fragments and pings."""

DISCARD_S = 0.05
"""Pause per 64 KiB of what is thrown away: TCP tells the peer to slow down."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Stands for a message: the peer has broken the rules of the protocol, and nothing more is read."""

    close: Close
    code: str
    message: str


TOO_MANY = Violation(Close.RATE, "rate_limited", "Send fewer frames, then connect again.")
TOO_LARGE = Violation(Close.TOO_LARGE, "message_too_large", "Send messages of at most 4 KiB.")
NOT_UTF8 = Violation(Close.INVALID_DATA, "not_utf8", "Send text in UTF-8.")
BROKEN = Violation(Close.PROTOCOL_ERROR, "protocol_error", "Send frames as RFC 6455 has them.")


class Intake:
    """One stream's; made once its handshake has been read."""

    def __init__(self, stream: WSStream, per_s: float = FRAMES_PER_S, burst: float = FRAMES_BURST) -> None:
        self._stream = stream
        self._meter = Meter(per_s, burst)
        self._bytes = 0  # of the message that is coming in
        self._deaf = False

    def install(self) -> None:
        """From now on the stream's events come through here."""
        stream: Any = self._stream
        stream.handle = self.handle
        stream._handle_events = self.handle_events

    async def handle(self, event: Event) -> None:
        """As WSStream.handle, until the first violation."""
        if self._deaf and isinstance(event, Body | Data):
            await asyncio.sleep(DISCARD_S)
            return
        await WSStream.handle(self._stream, event)

    async def handle_events(self) -> None:
        """Pass on what has come in completely; the rest stays with wsproto, up to the largest message."""
        stream = self._stream
        for event in stream.connection.events():
            if isinstance(event, CloseConnection):
                await self._closing(event)
                return
            is_part = isinstance(event, TextMessage | BytesMessage) and not event.frame_finished
            if not is_part and not self._meter.take(time.monotonic()):
                await self._stop(TOO_MANY)
                return
            if isinstance(event, Ping):
                await stream._send_wsproto_event(event.response())
            elif isinstance(event, Pong):
                continue
            elif isinstance(event, TextMessage | BytesMessage):
                self._bytes += len(event.data.encode() if isinstance(event, TextMessage) else event.data)
                if self._bytes > stream.config.websocket_max_message_size:
                    await self._stop(TOO_LARGE)
                    return
                stream.buffer.extend(event)
                if event.message_finished:
                    await self._tell(stream.buffer.to_message())
                    stream.buffer.clear()
                    self._bytes = 0

    async def _closing(self, event: CloseConnection) -> None:
        """The peer closes, answers our close, or has sent what wsproto cannot read."""
        stream = self._stream
        if stream.connection.state is ConnectionState.OPEN:
            await self._stop(NOT_UTF8 if event.code == Close.INVALID_DATA else BROKEN)
            return
        if stream.connection.state is ConnectionState.REMOTE_CLOSING:
            await stream._send_wsproto_event(event.response())
        await stream.send(StreamClosed(stream_id=stream.stream_id))

    async def _stop(self, violation: Violation) -> None:
        self._deaf = True
        await self._tell({"type": "websocket.receive", "bytes": None, "text": violation})

    async def _tell(self, message: Any) -> None:
        put = self._stream.app_put
        if put is not None:
            await put(message)
