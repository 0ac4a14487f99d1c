"""Time is the server's own: what the network costs is measured there, and capped."""

from __future__ import annotations

import asyncio
from typing import Any

from scripts.simulation.plan import demo_quiz
from tests.e2e.conftest import require_recomputable
from tests.e2e.stack import Stack
from tests.e2e.wire import Session, Wire, open_session, wire


def given(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The only answer of each participant who gave one."""
    return {one["participant_id"]: one["answers"][0] for one in results["participants"] if one["answers"]}


async def play_with_pongs(
    each: Wire, session: Session, question_id: str, pong_after_s: float
) -> dict[str, Any]:
    """Answer pings after a while, then the question; the result."""

    async def pong() -> None:
        ping = await each.until("ping")
        await asyncio.sleep(pong_after_s)
        await each.say({"type": "pong", "t": ping["t"]})
        await each.say({"type": "pong", "t": ping["t"] - 60_000})  # a lie about when it was sent

    await pong()
    await asyncio.sleep(0.5)
    assert (await each.answer(question_id, "A"))["status"] == "accepted"
    return await each.until("result")


async def test_latency_is_allowed_for_up_to_the_cap_and_shown_with_the_answer(stack: Stack) -> None:
    """One answers pings at once, one waits 400 ms with every pong; 100 ms are allowed."""
    settings = {"scoring": "speed", "latency_allowance_ms": 100}
    async with open_session(stack.gateways, demo_quiz(1, 2), "self", **settings) as session:
        prompt, slow = await session.join(), await session.join()
        question_id = session.question_ids[0]
        async with wire(stack.gateways[0]) as first, wire(stack.gateways[1]) as second:
            await first.hello(ticket=prompt["ticket"])
            await second.hello(ticket=slow["ticket"])
            told = await asyncio.gather(
                play_with_pongs(first, session, question_id, 0),
                play_with_pongs(second, session, question_id, 0.4),
            )
        await session.end()
        results = given(await session.host.results(session.id))
        assert results[slow["participant_id"]]["latency_ms"] == told[1]["latency_ms"] == 100
        assert results[prompt["participant_id"]]["latency_ms"] == told[0]["latency_ms"] < 100
        await asyncio.to_thread(require_recomputable, stack, session.id)
