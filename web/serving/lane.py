"""One connection of HTTP/1.1: whole, plain requests, one after the other; with anything else it is handed to Hypercorn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from web.serving.exchange import Exchange
from web.serving.plain import Plain, Unlike, read

if TYPE_CHECKING:
    from web.serving.server import Serving

__all__ = ["Lane"]

WHOLE_WITHIN_S = 0.05
"""How long the rest of a request is waited for: clients write head and body one after the other."""

AHEAD_BYTES = 64 * 1024
"""Of what a client sends before it has its answer."""

LAST_READ_S = 3.0
"""How long a peer may take to read the end of its last answer."""


class Lane(asyncio.Protocol):
    """From the accept to the close, or until somebody else takes the transport."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        self.client: tuple[str, int] | None = None
        self.server: tuple[str, int] | None = None
        self._transport: asyncio.Transport
        self._data = b""  # not answered yet
        self._exchange: Exchange | None = None
        self._answered = 0
        self._timer: asyncio.TimerHandle | None = None
        self._writable: asyncio.Future[None] | None = None

    @property
    def transport(self) -> asyncio.Transport:
        """The transport below."""
        return self._transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if (client := transport.get_extra_info("peername")) is None:  # gone already
            self._transport.abort()
            return
        self.client = client[:2]
        self.server = transport.get_extra_info("sockname")[:2]
        self.serving.lanes.add(self)
        self._wait(self.serving.config.keep_alive_timeout)

    def data_received(self, data: bytes) -> None:
        exchange = self._exchange
        if exchange is None:
            if not self._data:
                self._rest()
            self._data += data
            self._next()
        elif exchange.request.websocket:
            exchange.more(data)
        else:
            self._data += data
            if len(self._data) > AHEAD_BYTES:
                self._transport.pause_reading()

    def eof_received(self) -> bool:
        """A peer that ends its side is gone, as for Hypercorn, and what it began will never be whole."""
        self._lose()
        self.close()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._lose()

    def pause_writing(self) -> None:
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._writable is not None:
            self._writable.set_result(None)
            self._writable = None

    async def write(self, data: bytes) -> None:
        """Write, and wait while the peer reads more slowly."""
        self._transport.write(data)
        if self._writable is not None:
            await asyncio.shield(self._writable)

    def done(self, exchange: Exchange) -> None:
        """The answer is complete, or never will be: go on, or end the connection."""
        if exchange is not self._exchange:
            return
        self._exchange = None
        self._answered += 1
        if exchange.answer.last or not exchange.answer.complete:
            self.close()
            return
        if self._data:
            self._next()
        else:
            self._wait(self.serving.config.keep_alive_timeout)

    def stop(self) -> None:
        """Answer what is being answered, and no more."""
        if self._exchange is None:
            self.close()
        else:
            self._exchange.answer.last = True

    def close(self) -> None:
        """With what is written already."""
        self.leave()
        self._transport.close()
        if self._transport.get_write_buffer_size():
            asyncio.get_running_loop().call_later(LAST_READ_S, self._transport.abort)

    def leave(self) -> None:
        """Somebody else has the transport."""
        self._exchange = None
        self._rest()
        self.serving.lanes.discard(self)

    def _next(self) -> None:
        request = read(self._data)
        if not isinstance(request, Plain) or len(self._data) - request.size <= AHEAD_BYTES:
            self._transport.resume_reading()  # any sooner, and each answer would let in more than it takes away
        if isinstance(request, Plain):
            self._data = self._data[request.size :]
            self._rest()
            last = self.serving.stopping or self._answered + 1 >= self.serving.config.keep_alive_max_requests
            self._exchange = exchange = Exchange(self, request, last=last or request.last)
            if request.websocket and self._data:
                exchange.more(self._data)
                self._data = b""
            self.serving.spawn(exchange.run())
        elif request is Unlike.PARTIAL:
            if self._timer is None:  # from its first byte on, however many come
                self._timer = asyncio.get_running_loop().call_later(WHOLE_WITHIN_S, self._hand_over)
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        self.leave()
        self.serving.hypercorn(self._transport).feed_data(self._data)

    def _lose(self) -> None:
        exchange, self._exchange = self._exchange, None
        self._rest()
        self.serving.lanes.discard(self)
        self.resume_writing()
        if exchange is not None:
            exchange.lose()

    def _wait(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self.close)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
