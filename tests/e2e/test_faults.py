"""SIGKILL in the middle of a question: whatever dies, nothing accepted is lost and nothing counts twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from scripts.simulation.plan import demo_quiz
from scripts.simulation.sources import stored_answers
from tests.e2e.stack import Stack
from tests.e2e.wire import open_session, wire

PARTICIPANTS = 60
THINKING = {"pace": "realistic", "thinking_s": (0.1, 2.5), "reveal_s": 0.1}
CROWDS: dict[str, dict[str, Any]] = {
    "host": {"pacing": "host", "participants": PARTICIPANTS, "questions": 4, **THINKING},
    # Hundreds of answers a second: whoever is killed is killed in the middle of a batch.
    "self": {"pacing": "self", "participants": PARTICIPANTS, "questions": 60, "question_timeout_s": 0.7},
}
STRUCK = {"host": 1, "self": 0}
"""The question during which a process is killed; self pacing counts as one."""


def assert_nothing_lost(report: Any, answers: int) -> None:
    verdict = report.verdict
    assert verdict.problems == report.notes == []
    assert (verdict.lost, verdict.duplicate, verdict.phantom, verdict.changed) == (0, 0, 0, 0)
    assert report.violations == []
    assert report.clean, report.as_json()
    assert verdict.attempted == answers
    assert verdict.accepted == verdict.stored == answers, report.as_json()


async def kill_for_a_second(stack: Stack, name: str) -> None:
    """What happens to a process under a supervisor."""
    await asyncio.to_thread(stack.kill, name)
    await asyncio.sleep(1)
    await asyncio.to_thread(stack.restart, name)


@pytest.mark.parametrize("pacing", ["host", "self"])
@pytest.mark.parametrize("name", ["scoring", "persistence", "web.1", "nats"])
async def test_a_killed_process_loses_nothing(
    stack: Stack, simulate: Callable[..., Any], name: str, pacing: str
) -> None:
    async def strike(index: int) -> None:
        if index == STRUCK[pacing]:
            await asyncio.sleep(0.8)
            await kill_for_a_second(stack, name)

    report = await simulate(on_question=strike, **CROWDS[pacing])
    assert_nothing_lost(report, PARTICIPANTS * CROWDS[pacing]["questions"])
    if name == "web.1":
        assert report.reconnects >= PARTICIPANTS // 2


@pytest.mark.parametrize("pacing", ["host", "self"])
async def test_a_gateway_that_is_told_to_stop_sends_everybody_elsewhere(
    stack: Stack, simulate: Callable[..., Any], pacing: str
) -> None:
    async def deploy(index: int) -> None:
        if index == STRUCK[pacing]:
            await asyncio.sleep(0.8)
            await asyncio.to_thread(stack.terminate, "web.1")
            await asyncio.to_thread(stack.restart, "web.1")

    report = await simulate(on_question=deploy, **CROWDS[pacing])
    assert_nothing_lost(report, PARTICIPANTS * CROWDS[pacing]["questions"])
    assert report.closes["4001"] == PARTICIPANTS // 2


@pytest.mark.parametrize("delay_s", [0.0, 0.06], ids=["before a command", "in the middle of one"])
async def test_a_killed_control_worker_finishes_its_command_later(
    stack: Stack, simulate: Callable[..., Any], delay_s: float
) -> None:
    """The host closes as soon as this returns, and the close waits a moment for late answers."""
    strikes: list[asyncio.Task[None]] = []

    async def strike(index: int) -> None:
        if index == 1:
            await asyncio.sleep(3.0)

            async def kill() -> None:
                await asyncio.sleep(delay_s)
                await kill_for_a_second(stack, "control")

            strikes.append(asyncio.get_running_loop().create_task(kill()))
            await asyncio.sleep(0)

    report = await simulate(on_question=strike, **CROWDS["host"])
    await asyncio.gather(*strikes)
    assert_nothing_lost(report, PARTICIPANTS * 4)


async def test_nothing_is_acknowledged_before_it_is_stored(stack: Stack) -> None:
    """While the bus is down an answer waits; when it is back the answer is stored, and only then acknowledged."""
    async with open_session(stack.gateways, demo_quiz(1, None)) as session:
        guest = await session.join()
        async with wire(stack.gateways[0]) as connection:
            await connection.hello(ticket=guest["ticket"])
            question_id = await session.next()
            await connection.until("question")
            await asyncio.to_thread(stack.kill, "nats")
            answer = {"type": "answer", "id": str(uuid4()), "question_id": question_id, "option": "A"}
            await connection.say(answer)
            await connection.collect(2.0)
            assert not [data for data in connection.frames if b'"ack"' in data]
            await asyncio.to_thread(stack.restart, "nats")
            ack = await connection.until("ack")
            assert (ack["re"], ack["status"]) == (answer["id"], "accepted")
        await session.end()
        rows = []
        async with asyncio.timeout(20):
            while not rows:
                await asyncio.sleep(0.05)
                rows = await asyncio.to_thread(stored_answers, stack.postgres.url, session.id)
        assert [(row.participant_id, row.option) for row in rows] == [(guest["participant_id"], "A")]
