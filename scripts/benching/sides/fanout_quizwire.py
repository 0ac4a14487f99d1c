"""Our fan-out: a real room, written through Quart and Hypercorn as the gateway runs them."""

from __future__ import annotations

import asyncio
import sys
from contextvars import Context

from quart import Quart, websocket

from bus.leaderboard import Leaderboard
from bus.messages import Quiz, SessionState
from scripts.benching.sides.fanout_pace import PAYLOAD_BYTES, obey
from scripts.benching.sides.lines import run
from scripts.benching.sides.quart_server import serving
from web.gateway import outgoing
from web.gateway.connection import Connection
from web.gateway.frames import Frames
from web.gateway.meter import Meter
from web.gateway.room import Room
from web.gateway.sink import TransportSink
from web.gateway.takeover import Line, Lines, line_of
from web.serving import serve

SESSION = "00000000-0000-0000-0000-000000000000"


def message() -> outgoing.LeaderboardDelta:
    """A leaderboard's delta of just the size."""

    def sized(nickname: str) -> outgoing.LeaderboardDelta:
        rows = [(SESSION, f"participant {number}", 1000 * number, 4321) for number in range(4)]
        return outgoing.LeaderboardDelta("e" * 16, 42, 41, [*rows, (SESSION, nickname, 0, 0)])

    missing = PAYLOAD_BYTES - len(outgoing.encode(sized("")))
    return sized("x" * missing)


async def main() -> None:
    room = Room(Quiz("q", "Bench", ()), SessionState(SESSION, "h", "host"), Leaderboard("e" * 16, 1))
    app = Quart("bench")
    sinks: list[TransportSink] = []

    @app.websocket("/ws")
    async def ws() -> None:
        await websocket.accept(subprotocol="quiz.v1")
        line = line_of(websocket.scope)
        if not isinstance(line.sink, TransportSink):
            raise RuntimeError("the fast path is not active")
        sinks.append(line.sink)
        await line.carry(asyncio.create_task(converse(line), context=Context()))

    async def converse(line: Line) -> None:
        task = asyncio.current_task()
        assert task is not None
        connection = Connection(line.sink, task, "screen", SESSION, None, Meter(10, 20))
        room.join(connection)
        try:
            await asyncio.Event().wait()
        finally:
            room.leave(connection)

    app.asgi_app = Lines(app.asgi_app)  # type: ignore[method-assign, assignment]
    frame = message()

    def backlog() -> int:
        return max((sink.transport.get_write_buffer_size() for sink in sinks[::50]), default=0)

    task = await serving(app, int(sys.argv[1]), serve)
    await obey(lambda: room.write(Frames(frame)), backlog)
    task.cancel()


if __name__ == "__main__":
    run(main())
