"""A question closes as soon as everybody who is connected has answered it, and not a moment sooner."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from client import Api, Host
from scripts.simulation.plan import demo_quiz
from tests.e2e.conftest import require_recomputable
from tests.e2e.stack import Stack
from tests.e2e.wire import Session, wire

TIMING = {"answer_s": 60, "reveal_s": 0, "leaderboard_s": 0, "countdown_s": 0}


async def start(host: Host, questions: int) -> Session:
    draft = demo_quiz(1, None)
    draft["questions"] = [question | {"time_limit_s": None} for question in draft["questions"][:questions]]
    quiz = await host.api.call("GET", f"/quizzes/{await host.create_quiz(draft)}")
    wanted: dict[str, Any] = {"pacing": "timed", "timing": TIMING}
    return Session(host, quiz, await host.api.call("POST", f"/quizzes/{quiz['id']}/start", body=wanted))


async def test_everybody_on_both_nodes_is_waited_for_and_nobody_who_has_gone(stack: Stack) -> None:
    host = Host(Api(stack.gateways))
    await host.sign_in(None, None)
    try:
        session = await start(host, 2)
        ann, bob = await session.join(), await session.join()
        await session.join()  # never connects
        async with wire(stack.gateways[0]) as first, wire(stack.gateways[1]) as second:
            await first.hello(ticket=ann["ticket"])
            await second.hello(ticket=bob["ticket"])
            question_id = await session.next()
            await first.until("question")
            asked = await second.until("question")
            await first.answer(question_id, "A")
            await second.collect(2.0)
            assert b'"question_closed"' not in b"".join(second.frames)
            await second.answer(question_id, "A")
            closed = await second.until("question_closed")
            assert sum(closed["counts"].values()) == 2
            assert time.time() * 1000 < asked["closes_at"] - 20_000

            following = await first.until("question", patience_s=30)
            await second.until("question")
            await asyncio.to_thread(
                stack.kill, "control"
            )  # whoever gets the order; it waits for the next one
            await first.answer(following["question_id"], "A")
            second.websocket.transport.abort()
            await asyncio.to_thread(stack.restart, "control")
            closed = await first.until("question_closed", patience_s=30)
            assert sum(closed["counts"].values()) == 1
            assert time.time() * 1000 < following["closes_at"] - 20_000
            await first.until("ended", patience_s=30)
        await asyncio.to_thread(require_recomputable, stack, session.id)
    finally:
        await host.api.close()
