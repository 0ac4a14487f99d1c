"""A crowd in a process of its own, with the same face as one in this process."""

from __future__ import annotations

import asyncio
import multiprocessing
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from scripts.simulation.crowd import Crowd, Outcome
from scripts.simulation.options import Options

__all__ = ["DistantCrowd"]

REPORT_S = 0.05
"""How often a child tells how far it is, at most."""


class DistantCrowd:
    """The participants `numbers` of a simulation, in a child process."""

    def __init__(
        self, options: Options, quiz_id: str, numbers: range, on_progress: Callable[[], None]
    ) -> None:
        self.size = len(numbers)
        self.joined = 0
        self.done = 0
        self.settled: Counter[int] = Counter()
        self._on_progress = on_progress
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_child, args=(theirs, options, quiz_id, numbers), daemon=True)
        self._process.start()
        theirs.close()
        self._all_joined = asyncio.get_running_loop().create_future()
        self._outcome = asyncio.get_running_loop().create_future()
        self._reader = asyncio.get_running_loop().create_task(self._read())

    async def join(self) -> str:
        """As Crowd.join. Raises ChildProcessError with the child's story when it failed."""
        session_id: str = await asyncio.shield(self._all_joined)
        return session_id

    def release(self) -> None:
        """As Crowd.release."""
        self._pipe.send(("release", None))

    async def finish(self, timeout_s: float | None) -> Outcome:
        """As Crowd.finish."""
        self._pipe.send(("finish", timeout_s))
        patience_s = None if timeout_s is None else timeout_s + 30
        outcome: Outcome = await asyncio.wait_for(self._outcome, patience_s)
        await self.stop()
        return outcome

    async def stop(self) -> None:
        """End the child."""
        self._reader.cancel()
        for future in (self._all_joined, self._outcome):
            future.cancel()
        self._process.terminate()
        await asyncio.to_thread(self._process.join, 5)
        self._pipe.close()

    async def _read(self) -> None:
        try:
            while True:
                kind, value = await asyncio.to_thread(self._pipe.recv)
                if kind == "progress":
                    self.joined, self.done, self.settled = value
                    self._on_progress()
                elif kind == "joined" and not self._all_joined.done():
                    self._all_joined.set_result(value)
                elif kind == "outcome" and not self._outcome.done():
                    self._outcome.set_result(value)
                elif kind == "failed":
                    raise ChildProcessError(value)
        except (ChildProcessError, EOFError, OSError) as error:
            story = (
                error if isinstance(error, ChildProcessError) else ChildProcessError("a crowd's process died")
            )
            for future in (self._all_joined, self._outcome):
                if not future.done():
                    future.set_exception(story)


def _child(pipe: Connection, options: Options, quiz_id: str, numbers: range) -> None:
    try:
        asyncio.run(_serve(pipe, options, quiz_id, numbers))
    except (KeyboardInterrupt, BrokenPipeError, EOFError):
        pass
    except Exception:
        with suppress(OSError):
            pipe.send(("failed", traceback.format_exc()))


async def _serve(pipe: Connection, options: Options, quiz_id: str, numbers: range) -> None:
    changed = asyncio.Event()
    crowd = Crowd(options, quiz_id, numbers, changed.set)

    async def report() -> None:
        while True:
            await changed.wait()
            changed.clear()
            pipe.send(("progress", (crowd.joined, crowd.done, crowd.settled)))
            await asyncio.sleep(REPORT_S)

    reporter = asyncio.get_running_loop().create_task(report())
    try:
        pipe.send(("joined", await crowd.join()))
        while True:
            order: tuple[str, Any] = await asyncio.to_thread(pipe.recv)
            if order[0] == "release":
                crowd.release()
            else:
                pipe.send(("outcome", await crowd.finish(order[1])))
                return
    finally:
        reporter.cancel()
        await crowd.stop()
