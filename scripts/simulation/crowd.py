"""Many participants in one process."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from client import Api, ApiError, Joined
from client.board import Board
from scripts.simulation.board import Boards, totals
from scripts.simulation.connection import Line
from scripts.simulation.options import Options
from scripts.simulation.participant import Identity, Participant
from scripts.simulation.plan import Plan
from scripts.simulation.record import Record

__all__ = ["Crowd", "LastBoard", "Outcome"]

TICK_S = 0.5


@dataclass(frozen=True, slots=True)
class LastBoard:
    """A board that some participants held at the end."""

    epoch: str
    version: int
    totals: dict[str, tuple[int, int]]  # participant id → score, time in milliseconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a crowd brings home. `record.board` is a position in `boards`."""

    records: list[Record]
    boards: list[LastBoard]


class Crowd:
    """The participants `numbers` of a simulation, in this process."""

    def __init__(
        self, options: Options, quiz_id: str, numbers: range, on_progress: Callable[[], None]
    ) -> None:
        self.size = len(numbers)
        self.joined = 0
        self.session_id = ""  # known once somebody has joined
        self.done = 0  # participants with nothing left to answer
        self.settled: Counter[int] = Counter()  # question index → answers the server told us the fate of
        self._options = options
        self._quiz_id = quiz_id
        self._numbers = numbers
        self._on_progress = on_progress
        self._plan = Plan(options.seed, options.pace, options.thinking_s)
        self._boards = Boards()
        self._lines: list[Line] = []
        self._runs: list[asyncio.Task[None]] = []
        self._ticker: asyncio.Task[None] | None = None

    async def join(self) -> str:
        """Join and connect everybody; returns the session's id when each has had its first snapshot.

        Raises ApiError when joining is refused, and ConnectionError when somebody cannot get in.
        """
        self._ticker = asyncio.get_running_loop().create_task(self._tick())
        api = Api(self._options.urls)
        gate = asyncio.Semaphore(self._options.joining)
        try:
            async with asyncio.TaskGroup() as group:
                for number in self._numbers:
                    group.create_task(self._admit(api, gate, number))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            await api.close()
        return self.session_id

    def release(self) -> None:
        """Everybody may answer now."""
        for line in self._lines:
            line.release()

    async def finish(self, timeout_s: float | None) -> Outcome:
        """Wait for everybody to be sent home, at most `timeout_s` (None: however long); then leave anyway."""
        if self._runs:
            await asyncio.wait(self._runs, timeout=timeout_s)
        await self.stop()
        return self._outcome()

    async def stop(self) -> None:
        """Drop every connection."""
        tasks = [*self._runs, *([] if self._ticker is None else [self._ticker])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def participants(self) -> list[Participant]:
        """Everybody who has joined so far."""
        return [line.participant for line in self._lines]

    async def _admit(self, api: Api, gate: asyncio.Semaphore, number: int) -> None:
        """Join, then connect at once: tickets are short-lived."""
        async with gate:
            ticket = await self._ticket(api, number)
            self.session_id = ticket["session_id"]
            identity = Identity(
                number=number,
                participant_id=ticket["participant_id"],
                nickname=ticket["nickname"],
                ticket=ticket["ticket"],
                resume_token=ticket["resume_token"],
            )
            participant = Participant(
                identity,
                self._plan,
                self._boards,
                questions=self._options.questions,
                on_settled=self._note_settled,
            )
            line = Line(participant, self._options.urls, _path_of(ticket))
            run = asyncio.get_running_loop().create_task(line.run())
            self._lines.append(line)
            self._runs.append(run)
            while not participant.ready:
                if run.done():
                    run.result()
                    errors = ", ".join(participant.record.errors) or "no error frame"
                    raise ConnectionError(
                        f"{identity.nickname} was sent away: {participant.record.closes}, {errors}"
                    )
                await asyncio.sleep(0.01)
            self.joined += 1
            self._on_progress()

    async def _ticket(self, api: Api, number: int) -> Joined:
        """Under the name of the plan; whoever finds it taken, by another crowd say, gets one from the server."""
        try:
            return await api.join(self._quiz_id, self._plan.nickname(number), number)
        except ApiError as error:
            if error.code != "nickname_taken":
                raise
        return await api.join(self._quiz_id, None, number)

    def _note_settled(self, question_index: int) -> None:
        self.settled[question_index] += 1
        self._on_progress()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            for line in self._lines:
                line.tick()
            done = sum(line.participant.done for line in self._lines)
            if done != self.done:
                self.done = done
                self._on_progress()

    def _outcome(self) -> Outcome:
        boards: list[LastBoard] = []
        position: dict[int, int] = {}
        for participant in self.participants:
            board = participant.watch.board
            if board is not None:
                if id(board) not in position:
                    position[id(board)] = len(boards)
                    boards.append(_last(board))
                participant.record.board = position[id(board)]
        return Outcome([participant.record for participant in self.participants], boards)


def _last(board: Board) -> LastBoard:
    return LastBoard(board.epoch, board.version, totals(board))


def _path_of(ticket: Joined) -> str:
    """Path and query of `ws_url`; the host is one of ours, since a simulation may use several gateways."""
    parts = urlsplit(ticket["ws_url"])
    return (parts.path or "/ws") + (f"?{parts.query}" if parts.query else "")
