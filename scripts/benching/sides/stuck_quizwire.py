"""A real room that writes large frames at a steady pace, and what its slow peers cost: `… stuck_quizwire PORT FRAME_BYTES`."""

from __future__ import annotations

import asyncio
import sys
import time
from contextvars import Context

import psutil
from quart import Quart, websocket

from bus.leaderboard import Leaderboard
from bus.messages import Quiz, SessionState
from scripts.benching.sides.lines import orders, run, say
from scripts.benching.sides.quart_server import serving
from web.gateway import outgoing
from web.gateway.connection import Connection
from web.gateway.frames import Frames
from web.gateway.meter import Meter
from web.gateway.room import Room
from web.gateway.sink import Sink, TransportSink
from web.gateway.socket import CLOSE_TIMEOUT_S
from web.gateway.takeover import Lines, line_of
from web.serving import serve

SESSION = "00000000-0000-0000-0000-000000000000"


class Peers:
    """Everybody in the room, and how many were closed for being slow."""

    def __init__(self) -> None:
        self.room = Room(Quiz("q", "Bench", ()), SessionState(SESSION, "h", "host"), Leaderboard("e" * 16, 1))
        self.closed = 0

    async def serve(self) -> None:
        """One connection, closed the way the gateway closes its own."""
        await websocket.accept(subprotocol="quiz.v1")
        line = line_of(websocket.scope)
        await line.carry(asyncio.create_task(self._converse(line.sink), context=Context()))

    async def _converse(self, sink: Sink) -> None:
        task = asyncio.current_task()
        assert task is not None
        connection = Connection(sink, task, "screen", SESSION, None, Meter(10, 20))
        self.room.join(connection)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if connection.close is None:
                raise
            task.uncancel()
            self.closed += 1
            self.room.leave(connection)
            sink.close(*connection.close)
            await asyncio.sleep(CLOSE_TIMEOUT_S)
            sink.abort()
        finally:
            self.room.leave(connection)

    def backlog_bytes(self) -> int:
        """What waits in this process for the slowest peer."""
        sinks = [one.sink for one in self.room.connections.values() if isinstance(one.sink, TransportSink)]
        if len(sinks) < len(self.room.connections):
            raise RuntimeError("the fast path is not active")
        return max((sink.transport.get_write_buffer_size() for sink in sinks), default=0)


def message(payload_bytes: int) -> outgoing.LeaderboardDelta:
    """A leaderboard's delta of just the size."""

    def sized(nickname: str) -> outgoing.LeaderboardDelta:
        return outgoing.LeaderboardDelta("e" * 16, 42, 41, [(SESSION, nickname, 1000, 4321)])

    return sized("x" * (payload_bytes - len(outgoing.encode(sized("")))))


async def obey(peers: Peers, frame: outgoing.LeaderboardDelta) -> None:
    """`{"frames": n, "every_s": s, "begin_at": t}`: write n frames to everybody; when each was written, and what it took."""
    process = psutil.Process()
    async for order in orders():
        before, closed = process.memory_full_info().uss, peers.closed
        most = backlog = 0
        written_at = []
        for number in range(order["frames"]):
            due = order["begin_at"] + number * order["every_s"]
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            written_at.append(time.monotonic())
            peers.room.write(Frames(frame))  # as events are: a board would wait for slow peers
            backlog = max(backlog, peers.backlog_bytes())
            if number % 10 == 0:
                most = max(most, process.memory_info().rss - process.memory_info().shared)
        grown = max(most, process.memory_full_info().uss) - before
        say(
            {
                "written_at": written_at,
                "backlog_bytes": backlog,
                "grown_bytes": max(0, grown),
                "closed": peers.closed - closed,
            }
        )


async def main() -> None:
    port, frame_bytes = map(int, sys.argv[1:3])
    peers = Peers()
    app = Quart("bench")
    app.websocket("/ws")(peers.serve)
    app.asgi_app = Lines(app.asgi_app)  # type: ignore[method-assign, assignment]
    task = await serving(app, port, serve)
    await obey(peers, message(frame_bytes - 4))
    task.cancel()


if __name__ == "__main__":
    run(main())
