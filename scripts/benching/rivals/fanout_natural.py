"""Fan-out as Quart's documentation shows it: a queue and a sending loop per connection."""

from __future__ import annotations

import asyncio
import sys

from quart import Quart, websocket

from scripts.benching.sides.fanout_pace import PAYLOAD_BYTES, obey
from scripts.benching.sides.lines import run
from scripts.benching.sides.quart_server import serving


async def main() -> None:
    app = Quart("natural")
    queues: set[asyncio.Queue[str]] = set()

    @app.websocket("/ws")
    async def ws() -> None:
        await websocket.accept(subprotocol="quiz.v1")
        queue: asyncio.Queue[str] = asyncio.Queue()
        queues.add(queue)
        try:
            while True:
                await websocket.send(await queue.get())
        finally:
            queues.discard(queue)

    task = await serving(app, int(sys.argv[1]))
    text = "x" * PAYLOAD_BYTES

    def broadcast() -> None:
        for queue in queues:
            queue.put_nowait(text)

    await obey(
        broadcast, lambda: max((queue.qsize() for queue in [*queues][::50]), default=0) * PAYLOAD_BYTES
    )
    task.cancel()


if __name__ == "__main__":
    run(main())
