"""Word to the workers of a queue that somebody waits until it is drained; they say what they are done with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import msgspec
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError

from bus import subjects
from bus.connection import Connection

__all__ = ["Hurries"]


class Hurries:
    """Calls `hurry`, on the loop thread, for as long as it is open. It returns stream sequences: the messages that this
    process is done with, and that the server may still have."""

    def __init__(self, connection: Connection, queue: str, hurry: Callable[[], list[int]]) -> None:
        self._connection = connection
        self._subject = subjects.hurry(queue)
        self._hurry = hurry
        self._subscription: Subscription | None = None

    async def open(self) -> None:
        """Listen. On the loop thread."""
        self._subscription = await self._connection.client.subscribe(self._subject, cb=self._received)

    async def close(self) -> None:
        """Listen no more."""
        if self._subscription is not None:
            with suppress(NatsError):  # the connection is closed: nothing to unsubscribe from
                await self._subscription.unsubscribe()

    async def _received(self, msg: Msg) -> None:
        done = self._hurry()
        if msg.reply:
            self._connection.post(msg.reply, msgspec.json.encode(done))
