"""What those who are in a room say, as it comes in: one call for each message, and no task that waits for it."""

from __future__ import annotations

import asyncio
import time
from contextvars import copy_context

from web.gateway import outgoing
from web.gateway.connection import Connection
from web.gateway.errors import BadFrame, Close, Refused
from web.gateway.gateway import Gateway, error_of
from web.gateway.inbox import Said, Violation
from web.gateway.incoming import Answer, Hello, Incoming, Pong, Sync, parse
from web.gateway.meter import Meter
from web.gateway.room import Room
from web.gateway.sink import Sink, frame
from web.metrics import WIRE

__all__ = ["Hearing", "complain", "understood"]


class Hearing:
    """One connection's. It ends when the participant leaves."""

    __slots__ = ("_about", "_connection", "_gateway", "_left", "_room")

    def __init__(self, gateway: Gateway, room: Room, connection: Connection) -> None:
        self._gateway = gateway
        self._room = room
        self._connection = connection
        self._about = copy_context()  # the connection's ids, for the log
        self._left: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def end(self) -> None:
        """Wait until the participant leaves. Raises Refused when the connection must close, and whatever went wrong."""
        await self._left

    def hear(self, said: Said) -> None:
        """Do what one message asks for."""
        if not self._left.done():
            self._about.run(self._hear, said)

    def _hear(self, said: Said) -> None:
        connection = self._connection
        try:
            message = understood(said, connection.sink, connection.meter)
            if message is not None:
                self._obey(message)
        except BadFrame as bad:
            complain(connection.sink, bad)
        except Exception as error:
            self._left.set_exception(error)

    def _obey(self, message: Incoming) -> None:
        connection = self._connection
        now = connection.last_heard = time.monotonic()
        if isinstance(message, Answer):
            self._gateway.answer(self._room, connection, message)
        elif isinstance(message, Pong):
            connection.round_trips.ponged(message.t, now)
        elif isinstance(message, Sync):
            self._gateway.rooms.renew(connection)
        elif isinstance(message, Hello):
            raise BadFrame("already_welcome", "Hello was said already.", None)
        else:
            self._left.set_result(None)


def understood(said: Said, sink: Sink, meter: Meter) -> Incoming | None:
    """One message; complains about one that cannot be understood. Raises Refused where the connection must close."""
    if isinstance(said, Violation):
        raise Refused(said.close, said.code, said.message, retryable=said.close.reconnect, deaf=True)
    WIRE.received += 1
    if not meter.take(time.monotonic()):
        raise Refused(Close.RATE, "rate_limited", "Send fewer messages, then connect again.", retryable=True)
    if not isinstance(said, str):
        raise Refused(Close.UNSUPPORTED_DATA, "binary_not_supported", "Send JSON in text frames.")
    try:
        return parse(said)
    except BadFrame as bad:
        complain(sink, bad)
        return None


def complain(sink: Sink, bad: BadFrame) -> None:
    """Say why a message was refused."""
    sink.write(frame(outgoing.encode(error_of(bad))))
