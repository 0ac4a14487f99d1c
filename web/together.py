"""Many small calls as one: what arrives while one runs goes into the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from bus.telemetry import context

__all__ = ["Together"]

GROUP = 128
EVERY_S = 0.01

_In = TypeVar("_In")
_Out = TypeVar("_Out")


class Together(Generic[_In, _Out]):
    """Does `work` for groups of `most` at most, one group at a time: a lone caller is not kept waiting.

    Groups are begun at least `every_s` apart, unless they are full: of a hall that comes in many share one call, and who comes
    in a lull goes at once. `work` gets what the callers gave and returns as many results in the same order. What it raises, all of the group get.
    """

    def __init__(
        self,
        work: Callable[[list[_In]], Awaitable[Sequence[_Out]]],
        *,
        most: int = GROUP,
        every_s: float = EVERY_S,
    ) -> None:
        self._work = work
        self._most = most
        self._every_s = every_s
        self._began_at = 0.0  # the last group, by the loop
        self._waiting: list[tuple[_In, asyncio.Future[_Out]]] = []
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, given: _In) -> _Out:
        """The result for `given`. Whoever gives up waiting does not keep it from being worked on."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[_Out] = loop.create_future()
        self._waiting.append((given, result))
        if self._running is None:
            self._running = loop.create_task(self._run(), context=context.apart())
        return await result

    async def _run(self) -> None:
        try:
            loop = asyncio.get_running_loop()
            while self._waiting:
                early_s = self._began_at + self._every_s - loop.time()
                if early_s > 0 and len(self._waiting) < self._most:
                    await asyncio.sleep(early_s)
                self._began_at = loop.time()
                group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._run_one(group)
        finally:
            self._running = None

    async def _run_one(self, group: list[tuple[_In, asyncio.Future[_Out]]]) -> None:
        try:
            results = await self._work([given for given, _ in group])
        except Exception as error:
            for _, result in group:
                if not result.done():
                    result.set_exception(error)
            return
        for (_, result), value in zip(group, results, strict=True):
            if not result.done():
                result.set_result(value)
