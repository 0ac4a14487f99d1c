"""A peer that does not read is closed, and loses nothing by it."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.e2e.stack import Stack
from tests.e2e.wire import open_session, wire

LONG = "€" * 500
DRAFT: dict[str, Any] = {
    "title": "Long",
    "questions": [
        {
            "title": LONG * 4,
            "options": [{"text": f"{number}{LONG[1:]}", "is_correct": number == 0} for number in range(4)],
        }
    ],
}
"""A snapshot has 12 KB."""

AT_ONCE, THEN = 18, 25
"""Snapshots that are asked for: half a megabyte, in the time in which the gateway waits for a close to be read."""


async def test_a_peer_that_does_not_read_closes_with_4008_and_comes_back(stack: Stack) -> None:
    async with open_session(stack.gateways, DRAFT) as session:
        guest = await session.join()
        async with wire(stack.gateways[0], receives_bytes=4096) as slow:
            await slow.hello(ticket=guest["ticket"])
            question_id = await session.next()
            assert (await slow.answer(question_id, "A"))["status"] == "accepted"
            slow.websocket.transport.pause_reading()
            for number in range(AT_ONCE + THEN):
                await asyncio.sleep(0.02 if number < AT_ONCE else 0.11)
                await slow.say({"type": "sync"})
            slow.websocket.transport.resume_reading()
            assert await slow.code() == 4008
        async with wire(stack.gateways[1]) as again:
            (answer,) = (await again.hello(resume_token=guest["resume_token"]))["answers"]
            assert (answer["question_id"], answer["option"]) == (question_id, "A")
        await session.end()
