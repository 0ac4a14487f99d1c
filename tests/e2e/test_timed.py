"""Timed pacing: a session that nobody leads, also when those who keep its time are killed."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from client import Api, Host
from scripts.simulation.plan import demo_quiz
from tests.e2e.conftest import require_recomputable
from tests.e2e.stack import Stack
from tests.e2e.wire import Session, wire

TIMING = {"answer_s": 5, "reveal_s": 1, "leaderboard_s": 0, "countdown_s": 1, "lobby_s": 6}


async def start(host: Host, questions: int) -> Session:
    draft = demo_quiz(1, None)
    draft["questions"] = draft["questions"][:questions]
    for question in draft["questions"]:
        question["time_limit_s"] = None
    quiz = await host.api.call("GET", f"/quizzes/{await host.create_quiz(draft)}")
    wanted: dict[str, Any] = {"pacing": "timed", "timing": TIMING, "early_close": False}
    return Session(host, quiz, await host.api.call("POST", f"/quizzes/{quiz['id']}/start", body=wanted))


@pytest.mark.parametrize("killed", [False, True], ids=["in peace", "with kills"])
async def test_a_timed_session_plays_itself_to_the_end(stack: Stack, killed: bool) -> None:
    host = Host(Api(stack.gateways))
    await host.sign_in(None, None)
    try:
        session = await start(host, 2)
        assert session.state["next_at"] is not None
        guest = await session.join()
        async with wire(stack.gateways[1]) as connection:
            snapshot = await connection.hello(ticket=guest["ticket"])
            assert snapshot["next_at"] is not None or snapshot["state"] == "open"
            for index in range(2):
                asked = await connection.until("question", patience_s=30)
                assert (asked["index"], asked["closes_at"] - asked["opens_at"]) == (index, 5_000)
                ack = await connection.answer(asked["question_id"], "A")
                assert ack["status"] == "accepted"
                if killed:  # whoever would have closed it, and whoever would have told them when
                    for process in (("control",), ("nats", "control"))[index]:
                        await asyncio.to_thread(stack.kill, process)
                        await asyncio.to_thread(stack.restart, process)
                closed = await connection.until("question_closed", patience_s=30)
                assert sum(closed["counts"].values()) == 1
                assert closed["next_at"] is not None
            ended = await connection.until("ended", patience_s=30)
            assert [place["participant_id"] for place in ended["podium"]] == [guest["participant_id"]]
            kinds = [frame.split(b'"')[3] for frame in connection.frames]
            assert kinds.count(b"question") == kinds.count(b"question_closed") == kinds.count(b"result") == 2
        assert (await host.session(session.id))["state"] == "ended"
        async with asyncio.timeout(20):
            while len((await host.results(session.id))["participants"][0]["answers"]) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        await asyncio.to_thread(require_recomputable, stack, session.id)
    finally:
        await host.api.close()


async def test_a_pause_outlives_the_deadline_and_the_death_of_everybody_who_knew_of_it(stack: Stack) -> None:
    host = Host(Api(stack.gateways))
    await host.sign_in(None, None)
    try:
        session = await start(host, 1)
        guest = await session.join()
        async with wire(stack.gateways[1]) as connection:
            await connection.hello(ticket=guest["ticket"])
            await host.next(session.state)
            asked = await connection.until("question")
            await host.pause(session.id)
            paused = await connection.until("state")
            assert (paused["paused"], paused["closes_at"]) == (True, None)
            assert 0 < paused["remaining_ms"] <= 5_000
            for killed in ("control", "web.1"):
                await asyncio.to_thread(stack.kill, killed)
                await asyncio.to_thread(stack.restart, killed)
            assert (await connection.answer(asked["question_id"], "A"))["status"] == "closed"
            await connection.collect(max(0.0, asked["closes_at"] / 1000 - time.time()) + 0.5)
            assert b'"question_closed"' not in b"".join(connection.frames)
            await asyncio.to_thread(stack.wait_ready)
            resumed = await host.resume(session.id)
            await host.extend(resumed, 5)
            going_on, longer = await connection.until("state"), await connection.until("state")
            assert (going_on["paused"], longer["closes_at"] - going_on["closes_at"]) == (False, 5_000)
            async with wire(
                stack.gateways[0]
            ) as elsewhere:  # that node never heard of the question's opening
                snapshot = await elsewhere.hello(resume_token=guest["resume_token"])
                assert snapshot["question"]["closes_at"] == longer["closes_at"]
                assert (await elsewhere.answer(asked["question_id"], "A"))["status"] == "accepted"
                closed = await elsewhere.until("question_closed", patience_s=30)
                assert sum(closed["counts"].values()) == 1
                assert time.time() * 1000 > longer["closes_at"] - 50
                await elsewhere.until("ended", patience_s=30)
        await asyncio.to_thread(require_recomputable, stack, session.id)
    finally:
        await host.api.close()


async def test_the_host_may_go_on_sooner(stack: Stack) -> None:
    host = Host(Api(stack.gateways))
    await host.sign_in(None, None)
    try:
        session = await start(host, 2)
        session.state = await host.next(session.state)
        assert (session.state["state"], session.state["question_index"]) == ("open", 0)
        session.state = await host.next(session.state)
        assert (session.state["state"], session.state["question_index"]) == ("open", 1)
        session.state = await host.end(session.state)
        assert session.state["state"] == "ended"
    finally:
        await host.api.close()
