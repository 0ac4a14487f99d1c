"""Time is the server's own: no wall clock changes it; what the network costs is measured there, and capped."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from scripts.simulation.plan import demo_quiz
from tests.e2e.stack import Stack
from tests.e2e.wire import Session, Wire, open_session, wire


def given(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The only answer of each participant who gave one."""
    return {one["participant_id"]: one["answers"][0] for one in results["participants"] if one["answers"]}


WARP = """
import os, time

def jumped():
    with open(os.environ["TEST_CLOCK"]) as file:
        return int(file.read() or 0)

real_time, real_time_ns = time.time, time.time_ns
time.time = lambda: real_time() + jumped()
time.time_ns = lambda: real_time_ns() + jumped() * 1_000_000_000
"""
"""Python runs `sitecustomize` before anything else: a wall clock that a test can set, and a real process below it."""


class Clock:
    """The wall clock of one gateway."""

    def __init__(self, folder: Path) -> None:
        (folder / "sitecustomize.py").write_text(WARP)
        self._file = folder / "clock"
        self.environment = {"PYTHONPATH": str(folder), "TEST_CLOCK": str(self._file)}
        self.jump(0)

    def jump(self, hours: int) -> None:
        """Be so many hours ahead from now on."""
        whole = self._file.with_suffix(".new")
        whole.write_text(str(hours * 3600))
        whole.replace(self._file)


async def test_a_wall_clock_that_jumps_an_hour_changes_no_time(stack: Stack, tmp_path: Path) -> None:
    """Host pacing with a limit, self pacing with a reload, on a gateway whose clock jumps back and forth."""
    clock, began = Clock(tmp_path), time.monotonic()
    draft = demo_quiz(1, 3)
    draft["questions"] = [question | {"time_limit_s": 60} for question in draft["questions"][:3]]
    with stack.another_gateway("web.warped", **clock.environment) as url:
        async with open_session(stack.gateways, draft) as session, AsyncExitStack() as sockets:
            guests = [await session.join() for _ in range(4)]
            wires = [await sockets.enter_async_context(wire(url)) for _ in guests]
            for each, guest in zip(wires, guests, strict=True):
                await each.hello(ticket=guest["ticket"])
            question_id = await session.next()
            for each, hours in zip(wires[:3], (0, 1, -1), strict=True):
                await each.until("question")
                clock.jump(hours)
                assert (await each.answer(question_id, "A"))["status"] == "accepted"
            clock.jump(1)
            back = await sockets.enter_async_context(wire(url))
            await back.hello(resume_token=guests[3]["resume_token"])
            ahead_ms = json.loads(back.frames[0])["server_time"] - time.time() * 1000
            assert ahead_ms == pytest.approx(3_600_000, abs=60_000)  # it has indeed jumped
            assert (await back.answer(question_id, "A"))["status"] == "accepted"
            clock.jump(0)
            await session.close()
            results = given(await session.host.results(session.id))
            assert len(results) == 4
            took_ms = (time.monotonic() - began) * 1000
            assert all(0 <= answer["elapsed_ms"] <= took_ms for answer in results.values())
            await session.end()

        async with open_session(stack.gateways, draft, "self") as session, AsyncExitStack() as sockets:
            guest = await session.join()
            each = await sockets.enter_async_context(wire(url))
            question = (await each.hello(ticket=guest["ticket"]))["question"]
            for hours in (1, -1, 0):
                await each.answer(question["question_id"], "A")
                question = (await each.until("result"))["next"]
                clock.jump(hours)
                each = await sockets.enter_async_context(wire(url))
                await each.hello(resume_token=guest["resume_token"])
            await session.end()
            [one] = (await session.host.results(session.id))["participants"]
            took_ms = (time.monotonic() - began) * 1000
            assert len(one["answers"]) == 3
            assert sum(answer["elapsed_ms"] for answer in one["answers"]) <= took_ms


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
