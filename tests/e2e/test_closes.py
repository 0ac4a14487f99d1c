"""The closes that no other test of misbehaviour brings about; and every close code of the contract has its test."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from uuid import uuid4

import pytest

from scripts.simulation.plan import demo_quiz
from tests.e2e.stack import Stack
from tests.e2e.wire import open_session, wire
from web import signing
from web.gateway.errors import Close


@pytest.mark.parametrize("code", [int(close) for close in Close if close is not Close.NORMAL])
def test_each_code_is_seen_by_some_test_on_a_real_socket(code: int) -> None:
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    seen = re.findall(rf"await \w+(?:\.\w+)*\.code\(\) == {code}\b", tests)
    assert seen, f"no end-to-end test waits for a socket to close with {code}"


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


NO_MASK = bytes(4)


async def test_a_broken_frame_closes_with_1002(stack: Stack) -> None:
    """Opcode 3 is not in use."""
    async with wire(stack.gateways[0]) as bad:
        bad.websocket.transport.write(b"\x83\x80" + NO_MASK)
        assert await bad.code() == 1002


async def test_text_that_is_not_utf_8_closes_with_1007(stack: Stack) -> None:
    async with wire(stack.gateways[0]) as bad:
        bad.websocket.transport.write(b"\x81\x81" + NO_MASK + b"\xff")
        assert await bad.code() == 1007
