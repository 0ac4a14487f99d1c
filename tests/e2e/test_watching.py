"""Dashboards and alerts on a real Prometheus that scrapes a real site."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nats.aio.client import Client

from bus import subjects
from scripts.observing import seen
from tests.e2e.prometheus import WINDOW, Prometheus
from tests.e2e.stack import ROOT, Stack

RUNBOOK = ROOT / "docs/runbook.md"


@pytest.fixture
def prometheus(stack: Stack, run_folder: Path) -> Iterator[Prometheus]:
    watching = Prometheus(stack, run_folder / "prometheus")
    try:
        watching.start()
        yield watching
    finally:
        watching.stop()


async def test_every_panel_shows_what_happens_and_the_right_alerts_fire(
    stack: Stack, simulate: Callable[..., Any], prometheus: Prometheus
) -> None:
    """A session is played, then one thing after the other breaks."""
    report = await simulate(participants=60, questions=4)
    assert report.clean, report
    empty = await asyncio.to_thread(empty_panels, prometheus)
    assert empty == []
    for question in re.findall(r"^ask '(.*)'$", RUNBOOK.read_text(), re.MULTILINE):
        await asyncio.to_thread(prometheus.query, question)  # fails when it makes no sense
    calm = {alert["alertname"] for alert in prometheus.firing()}
    broken = {"QuizwireNoWorkers", "QuizwireNoGateway", "QuizwireProcessDown", "QuizwireServerDown"}
    assert not calm & (broken | {"QuizwireErrors", "QuizwireSlowLoop", "QuizwireDisk", "QuizwireRedisEvicts"})

    await send_garbage(stack)
    await asyncio.to_thread(prometheus.wait_for, "QuizwireDeadLetters", queue="background")
    await forget_garbage(stack)

    stack.kill("scoring")
    await asyncio.to_thread(prometheus.wait_for, "QuizwireNoWorkers", queue="scoring")
    await asyncio.to_thread(prometheus.wait_for, "QuizwireProcessDown", process="scoring")

    stack.kill("nats")
    await asyncio.to_thread(prometheus.wait_for, "QuizwireServerDown", name="nats")


def empty_panels(prometheus: Prometheus) -> list[tuple[str, str, str]]:
    """What shows nothing, also after a few more scrapes."""
    deadline = time.monotonic() + 10
    while (empty := seen.empty_panels(prometheus.url, WINDOW)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return empty


async def send_garbage(stack: Stack) -> None:
    """A task that no release can understand."""
    client = Client()
    await client.connect(stack.nats.url)
    await client.jetstream().publish(subjects.tasks("background"), b"garbage")
    await client.close()


async def forget_garbage(stack: Stack) -> None:
    """Discard it: other tests count dead letters."""
    client = Client()
    await client.connect(stack.nats.url)
    await client.jetstream().purge_stream(subjects.DEAD_LETTERS, subject=subjects.dead("background"))
    await client.close()
