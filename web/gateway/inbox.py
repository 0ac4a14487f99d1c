"""What a peer has said: kept in order until somebody hears it, then handed on as it comes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from web.gateway.errors import Close

__all__ = ["Inbox", "Said", "Violation"]


@dataclass(frozen=True, slots=True)
class Violation:
    """Stands for a message: the peer has broken the rules of the protocol, and nothing more is read."""

    close: Close
    code: str
    message: str


Said = str | bytes | Violation
"""One message, of text or binary, or the last thing there is."""


class Inbox:
    """One WebSocket's. Whoever fills it bounds it: nothing in here waits, or pushes back."""

    __slots__ = ("_come", "_hear", "_kept")

    def __init__(self) -> None:
        self._kept: deque[Said] | None = None
        self._come: asyncio.Future[None] | None = None
        self._hear: Callable[[Said], object] | None = None

    def put(self, said: Said) -> None:
        """Something has come."""
        if self._hear is not None:
            self._hear(said)
            return
        if self._kept is None:
            self._kept = deque()
        self._kept.append(said)
        if self._come is not None and not self._come.done():
            self._come.set_result(None)

    async def get(self) -> Said:
        """The next thing; only while nobody hears."""
        while not self._kept:
            self._come = asyncio.get_running_loop().create_future()
            await self._come
        return self._kept.popleft()

    def hear(self, hear: Callable[[Said], object]) -> None:
        """From now on `hear` is called with each thing as it comes; with what is kept, at once. It must not raise."""
        kept, self._kept, self._come = self._kept, None, None
        self._hear = hear
        for said in kept or ():
            hear(said)

    def stop(self) -> None:
        """From now on nobody hears: what is kept is dropped, and what still comes."""
        self._kept, self._hear = None, _drop


def _drop(said: Said) -> None:
    """Of no interest."""
