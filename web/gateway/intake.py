"""What comes in from one WebSocket's transport, on its way to messages: counted, bounded, and refused by RFC 6455.

Any number of pings could come, and any number of empty fragments, before there is one message to count. So every frame is.
The first violation goes to the gateway as the last message, and whatever follows is thrown away slowly, so that a
flood costs nobody else anything.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from web.gateway.errors import Close
from web.gateway.frame_reader import Broken, Closing, FrameReader, Ping
from web.gateway.inbox import Inbox, Violation
from web.gateway.meter import Meter
from web.gateway.sink import TransportSink

__all__ = ["DISCARD_S", "FRAMES_BURST", "FRAMES_PER_S", "TOO_MANY", "VIOLATIONS", "Intake"]

FRAMES_PER_S = 50.0
FRAMES_BURST = 100.0
"""Of any kind: five times what the meter of messages lets through, for fragments and pings."""

DISCARD_S = 0.05
"""Pause after each read of what is thrown away: TCP tells the peer to slow down."""

TOO_MANY = Violation(Close.RATE, "rate_limited", "Send fewer frames, then connect again.")
VIOLATIONS = {
    Broken.TOO_LARGE: Violation(Close.TOO_LARGE, "message_too_large", "Send messages of at most 4 KiB."),
    Broken.NOT_UTF8: Violation(Close.INVALID_DATA, "not_utf8", "Send text in UTF-8."),
    Broken.PROTOCOL: Violation(Close.PROTOCOL_ERROR, "protocol_error", "Send frames as RFC 6455 has them."),
}


class Intake(asyncio.Protocol):
    """The reading end of one transport, from the handshake on."""

    def __init__(self, sink: TransportSink, inbox: Inbox, largest: int, meter: Meter) -> None:
        self._sink = sink
        self._inbox = inbox
        self._reader = FrameReader(largest)
        self._meter = meter
        self._deaf = False
        self._gone = False
        self._tell_gone: Callable[[], object] | None = None

    def when_gone(self, tell: Callable[[], object]) -> None:
        """Call `tell`, once, when the peer has closed or is gone."""
        self._tell_gone = tell
        if self._gone:
            tell()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            self._discard()
            return
        for frame in self._reader.read(data):
            kind = type(frame)
            if kind is Broken:
                self._stop(VIOLATIONS[frame])  # type: ignore[index]
                return
            if not self._meter.take(time.monotonic()) and kind is not Closing:
                self._stop(TOO_MANY)
                return
            if kind is str or kind is bytes:
                self._inbox.put(frame)  # type: ignore[arg-type]
            elif isinstance(frame, Ping):
                self._sink.pong(frame.payload)
            elif isinstance(frame, Closing):
                self._deaf = True
                self._sink.close(frame.code)
                self._end()
                return

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._sink.begin()

    def pause_writing(self) -> None:
        self._sink.pause()

    def resume_writing(self) -> None:
        self._sink.resume()

    def eof_received(self) -> None:
        self._end()  # and the transport closes itself

    def connection_lost(self, error: Exception | None) -> None:
        self._end()

    def _end(self) -> None:
        if not self._gone:
            self._gone = True
            self._sink.pause()
            if self._tell_gone is not None:
                self._tell_gone()

    def _stop(self, violation: Violation) -> None:
        self._deaf = True
        self._inbox.put(violation)

    def _discard(self) -> None:
        transport = self._sink.transport
        if not transport.is_closing():
            transport.pause_reading()
            asyncio.get_running_loop().call_later(DISCARD_S, self._read_on)

    def _read_on(self) -> None:
        if not self._sink.transport.is_closing():
            self._sink.transport.resume_reading()
