"""Our way from an answer's frame to its acknowledgement: the gateway's own code on a bus that stores at once."""

from __future__ import annotations

import asyncio
import sys
import time
from itertools import count
from typing import Any

from quart import Quart, websocket

from bus.leaderboard import Leaderboard
from bus.messages import Option, Question, Quiz, SessionState
from scripts.benching.sides.lines import run
from scripts.benching.sides.quart_server import report_cpu, serving
from web.gateway import Gateway, Settings
from web.gateway.connection import Connection
from web.gateway.hearing import Hearing
from web.gateway.incoming import Answer
from web.gateway.meter import Meter
from web.gateway.room import Room
from web.gateway.takeover import Line, Lines, line_of
from web.serving import serve

QUESTIONS = 2000


class Bus:
    """Acknowledges without storing."""

    async def ask(self, *message: object) -> dict[str, Any]:
        """Nothing to wait for."""
        return {}


class Stage(Gateway):
    """A gateway whose host opens the next question as soon as everybody has answered."""

    def __init__(self, people: int) -> None:
        bus: Any = Bus()
        nobody: Any = None
        super().__init__(Settings("bench", ("s" * 32,), frozenset()), nobody, nobody, bus, nobody, nobody)
        self._people = people
        self._answers = count(1)

    def answer(self, room: Room, connection: Connection, answer: Answer) -> None:
        """As ever, and on to the next question after the last."""
        super().answer(room, connection, answer)
        number, rest = divmod(next(self._answers), self._people)
        if not rest:
            room.move(opened(number))


def opened(index: int) -> SessionState:
    """The session with question `index` open for a minute."""
    now_ms = time.time_ns() // 1_000_000
    return SessionState(
        "00000000-0000-0000-0000-000000000000", "h", "host", "open", seq=index + 2, event="question",
        question_index=index, question_count=QUESTIONS, opens_at_ms=now_ms, closes_at_ms=now_ms + 60_000,
    )  # fmt: skip


async def main() -> None:
    port, people = int(sys.argv[1]), int(sys.argv[2])
    options = tuple(Option(key, f"option {key}") for key in "ABCD")
    questions = tuple(Question(f"q{number}", "Which?", options, "B") for number in range(QUESTIONS))
    room = Room(Quiz("q", "Bench", questions), opened(0), Leaderboard("e" * 16, 1))
    gateway = Stage(people)
    app = Quart("bench")
    numbers = count()

    @app.websocket("/ws")
    async def ws() -> None:
        await websocket.accept(subprotocol="quiz.v1")
        line = line_of(websocket.scope)
        await line.carry(asyncio.create_task(converse(line)))

    async def converse(line: Line) -> None:
        task = asyncio.current_task()
        assert task is not None
        connection = Connection(
            line.sink,
            task,
            "participant",
            room.session_id,
            f"p{next(numbers)}",
            Meter(1e9, 1e9),
        )
        room.join(connection)
        hearing = Hearing(gateway, room, connection)
        line.inbox.hear(hearing.hear)
        await hearing.end()

    app.asgi_app = Lines(app.asgi_app, 1e9, 1e9)  # type: ignore[method-assign, assignment]
    task = await serving(app, port, serve)
    await report_cpu()
    task.cancel()


if __name__ == "__main__":
    run(main())
