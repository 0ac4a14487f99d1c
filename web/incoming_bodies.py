"""Request bodies as they arrive: counted, so that none is longer than allowed, and in all no more than there is room for.

Quart reads as fast as a client sends, whether or not anybody wants it, and limits only what has not been read yet: a
form sent without a length would be written to disk for as long as it goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from quart import Request
from quart.wrappers.request import Body
from werkzeug.exceptions import RequestEntityTooLarge

__all__ = ["ROOM_BYTES", "BodyRoom", "CountedBody", "CountedRequest"]

FREE_BYTES = 64 * 1024
"""Of each body, without asking for room: everything but quizzes and files."""

ROOM_BYTES = 128 * 1024 * 1024
"""For all longer bodies of this process together, eight of the longest; who comes later waits with sending."""

_Message = MutableMapping[str, Any]


class CountedBody(Body):
    """A body with a limit on everything that arrives, not only on what waits to be read."""

    def __init__(self, expected_content_length: int | None, max_content_length: int | None) -> None:
        super().__init__(expected_content_length, max_content_length)
        self._arrived = 0
        self._ended = asyncio.Event()  # the client has sent all of it, whether or not it was taken

    def limit(self, max_bytes: int) -> None:
        """Take no more than this. Raises RequestEntityTooLarge, now or where the body is read."""
        self._max_content_length = max_bytes
        if self._arrived > max_bytes:
            raise RequestEntityTooLarge()

    def append(self, data: bytes) -> None:
        self._arrived += len(data)
        if self._max_content_length is not None and self._arrived > self._max_content_length:
            self._must_raise = RequestEntityTooLarge()
            super().set_complete()
        super().append(data)  # nothing, once there is something to raise

    def set_complete(self) -> None:
        super().set_complete()
        self._ended.set()

    async def ends_within(self, wait_s: float) -> bool:
        """Whether the client has sent all of it by then."""
        if not self._ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), wait_s)
        return self._ended.is_set()

    async def __anext__(self) -> bytes:
        try:
            return await super().__anext__()
        except StopAsyncIteration:
            if self._must_raise is not None:  # it came while this waited
                raise self._must_raise from None
            raise


class CountedRequest(Request):
    """A request whose body is counted."""

    body_class = CountedBody


class BodyRoom:
    """ASGI middleware: lets long bodies in while there is room for them, first come, first served.

    Room is taken for a whole body at once, by its Content-Length or else for `longest_bytes`, and given back with the
    reply: bodies that wait for each other half-way would wait for ever.
    """

    def __init__(
        self, app: Callable[..., Awaitable[None]], longest_bytes: int, room_bytes: int = ROOM_BYTES
    ) -> None:
        self.app = app
        self._longest_bytes = longest_bytes
        self._left_bytes = room_bytes
        self._queue = asyncio.Lock()
        self._freed = asyncio.Event()

    async def __call__(self, scope: _Message, receive: Callable[[], Awaitable[_Message]], send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        arrived = taken = 0

        async def with_room() -> _Message:
            nonlocal arrived, taken
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > FREE_BYTES and not taken:
                wanted = _length(scope, self._longest_bytes)
                await self._take(wanted)
                taken = wanted
            return message

        try:
            await self.app(scope, with_room, send)
        finally:
            if taken:
                self._left_bytes += taken
                self._freed.set()

    async def _take(self, wanted: int) -> None:
        async with self._queue:
            while wanted > self._left_bytes:
                self._freed.clear()
                await self._freed.wait()
            self._left_bytes -= wanted


def _length(scope: _Message, longest_bytes: int) -> int:
    """What the body will take: what its header says, or as long as it may get."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and len(value) < 20:
            return min(int(value), longest_bytes)
    return longest_bytes
