"""Answers as Quart's documentation would take them: receive, check, publish, send, one after the other."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from itertools import count

from quart import Quart, websocket

from bus.messages import Submission, encode
from scripts.benching.sides.lines import run
from scripts.benching.sides.quart_server import report_cpu, serving
from web.gateway.meter import Meter


async def publish(payload: bytes) -> None:
    """Nothing to wait for."""


async def main() -> None:
    port = int(sys.argv[1])
    app = Quart("natural")
    numbers = count()

    @app.websocket("/ws")
    async def ws() -> None:
        await websocket.accept(subprotocol="quiz.v1")
        participant, meter, answers = f"p{next(numbers)}", Meter(1e9, 1e9), {}
        shown_at = time.monotonic()
        while True:
            message = json.loads(await websocket.receive())
            if not meter.take(time.monotonic()) or message.get("type") != "answer":
                return
            question_id, option, answer_id = (message.get(key) for key in ("question_id", "option", "id"))
            if not isinstance(question_id, str) or option not in ("A", "B", "C", "D") or not answer_id:
                return
            status = "duplicate" if question_id in answers else "accepted"
            answers[question_id] = option
            elapsed_ms = int((time.monotonic() - shown_at) * 1000)
            now_ms = time.time_ns() // 1_000_000
            submission = Submission("s", participant, question_id, answer_id, option, now_ms, elapsed_ms, "n")
            await publish(encode([submission]))
            await websocket.send(
                json.dumps({"type": "ack", "re": answer_id, "question_id": question_id, "status": status})
            )

    task: asyncio.Task[None] = await serving(app, port)
    await report_cpu()
    task.cancel()


if __name__ == "__main__":
    run(main())
