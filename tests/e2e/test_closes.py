"""The closes that no other test of misbehaviour brings about."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from scripts.simulation.plan import demo_quiz
from tests.e2e.stack import Stack
from tests.e2e.wire import open_session, wire
from web import signing


async def test_a_session_that_does_not_run_yet_closes_with_4010(stack: Stack) -> None:
    claims = {"sid": str(uuid4()), "role": "screen", "jti": uuid4().hex}
    async with wire(stack.gateways[0]) as early:
        await early.say({"type": "hello", "ticket": signing.sign(stack.secret, "ticket", claims, 25)})
        error = await early.until("error")
        assert (error["code"], error["retryable"]) == ("session_not_ready", True)
        assert await early.code() == 4010


async def test_an_error_of_ours_closes_with_1011_and_whoever_comes_back_goes_on(stack: Stack) -> None:
    """Redis is away: hello cannot be heard. Whoever is in already stays."""
    async with open_session(stack.gateways, demo_quiz(1, None)) as session:
        guest, other = await session.join(), await session.join()
        async with wire(stack.gateways[0]) as inside, wire(stack.gateways[1]) as outside:
            await inside.hello(ticket=guest["ticket"])
            question_id = await session.next()
            await inside.until("question")
            stack.redis.kill()
            await outside.say({"type": "hello", "ticket": other["ticket"]})
            assert await outside.code() == 1011
            await asyncio.to_thread(stack.redis.start)
            async with wire(stack.gateways[1]) as again:
                snapshot = await again.hello(resume_token=other["resume_token"])
                assert snapshot["question"]["question_id"] == question_id
                assert (await again.answer(question_id, "A"))["status"] == "accepted"
            assert (await inside.answer(question_id, "A"))["status"] == "accepted"
        await session.end()
