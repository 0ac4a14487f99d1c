"""The whole crowd of a simulation, in this process or spread over several."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from scripts.simulation.crowd import Crowd, Outcome
from scripts.simulation.options import Options
from scripts.simulation.processes import DistantCrowd

__all__ = ["Crowds"]


class Crowds:
    """Everybody of `options.participants`, with the face of one Crowd. `on_progress` whenever a number changes."""

    def __init__(self, options: Options, join_code: str, on_progress: Callable[[], None]) -> None:
        everybody = options.participants
        processes = min(options.processes, everybody)
        bounds = [everybody * n // processes for n in range(processes + 1)]
        kind = Crowd if processes == 1 else DistantCrowd
        self._crowds: list[Crowd | DistantCrowd] = [
            kind(options, join_code, range(low, high), on_progress)
            for low, high in zip(bounds, bounds[1:], strict=False)
        ]

    @property
    def joined(self) -> int:
        """Participants with their first snapshot."""
        return sum(crowd.joined for crowd in self._crowds)

    @property
    def done(self) -> int:
        """Participants with nothing left to answer."""
        return sum(crowd.done for crowd in self._crowds)

    @property
    def answers(self) -> int:
        """Answers that the server told us the fate of."""
        return sum(crowd.settled.total() for crowd in self._crowds)

    def settled(self, question_index: int) -> int:
        """Of them, those to one question."""
        return sum(crowd.settled[question_index] for crowd in self._crowds)

    async def join(self) -> str:
        """Join and connect everybody; the session's id. Raises ApiError, ConnectionError, ChildProcessError."""
        return (await asyncio.gather(*(crowd.join() for crowd in self._crowds)))[0]

    def release(self) -> None:
        """Everybody may answer now."""
        for crowd in self._crowds:
            crowd.release()

    async def finish(self, timeout_s: float | None) -> Outcome:
        """Wait for everybody to be sent home, at most `timeout_s`; boards are numbered over all crowds."""
        whole = Outcome([], [])
        for crowd in self._crowds:
            outcome = await crowd.finish(timeout_s)
            for record in outcome.records:
                if record.board is not None:
                    record.board += len(whole.boards)
            whole.boards.extend(outcome.boards)
            whole.records.extend(outcome.records)
        return whole

    async def stop(self) -> None:
        """Drop every connection, and end every child."""
        await asyncio.gather(*(crowd.stop() for crowd in self._crowds), return_exceptions=True)
