"""SIGKILL in the middle of a question: whatever dies, nothing accepted is lost and nothing counts twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.stack import Stack

PARTICIPANTS = 60
QUESTIONS = 4
CROWD = {
    "participants": PARTICIPANTS,
    "questions": QUESTIONS,
    "pace": "realistic",
    "thinking_s": (0.1, 2.5),
    "reveal_s": 0.1,
}


def assert_nothing_lost(report: Any, answers: int) -> None:
    verdict = report.verdict
    assert verdict.problems == []
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
        if index == (1 if pacing == "host" else 0):
            await asyncio.sleep(0.8)
            await kill_for_a_second(stack, name)

    report = await simulate(on_question=strike, pacing=pacing, **CROWD)
    assert_nothing_lost(report, PARTICIPANTS * QUESTIONS)
    if name == "web.1":
        assert report.reconnects >= PARTICIPANTS // 2


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

    report = await simulate(on_question=strike, **CROWD)
    await asyncio.gather(*strikes)
    assert_nothing_lost(report, PARTICIPANTS * QUESTIONS)
