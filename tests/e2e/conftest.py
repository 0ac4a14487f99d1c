"""One stack of real processes for all end-to-end tests, and its logs with every failure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from db.pool import Pool
from scripts.simulation.options import Options
from scripts.simulation.report import Report
from scripts.simulation.run import Simulation
from tests.e2e.stack import Stack
from tests.opentrivia import opentrivia
from workers.actors.recompute_scores import recompute_scores

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def running_stack(run_folder: Path) -> Iterator[Stack]:
    """Started once; tests take `stack`."""
    stack = Stack(run_folder)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture
def stack(running_stack: Stack, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The stack, with everything running."""
    running_stack.heal()
    yield running_stack
    report = request.node.stash.get(OUTCOME, None)
    if report is not None and report.failed:
        report.sections.append(("Logs of the stack", running_stack.tails()))


@pytest.fixture
def simulate(stack: Stack) -> Callable[..., Any]:
    """`await simulate(participants=…, on_question=…)` plays a session over both gateways; its Report."""

    async def play(on_question: Any = None, **options: Any) -> Report:
        simulation = Simulation(
            Options(urls=tuple(stack.gateways), **options),
            stack.postgres.url,
            stack.redis.url,
            on_question=on_question,
        )
        report = await simulation.run()
        await asyncio.to_thread(require_recomputable, stack, report.session_id)
        return report

    return play


def require_recomputable(stack: Stack, session_id: str) -> None:
    """The live board is what the stored answers are worth by the rules, score by score."""
    pool, client = Pool(stack.postgres.url, 1), redis.Redis.from_url(stack.redis.url)
    try:
        found = recompute_scores(client, pool, session_id)
    finally:
        client.close()
        pool.close()
    assert (found.wrong_answers, found.wrong_totals) == ((), ())


@pytest.fixture
def geography() -> Path:
    """842 questions of OpenTriviaQA."""
    return opentrivia("geography")


OUTCOME = pytest.StashKey[pytest.TestReport]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if report.when == "call":
        item.stash[OUTCOME] = report
    return report
