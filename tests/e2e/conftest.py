"""One stack of real processes for all end-to-end tests, and its logs with every failure."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis

from db import live
from db.models import database
from db.pool import Pool
from scripts.simulation.options import Options
from scripts.simulation.report import Report
from scripts.simulation.run import Simulation
from tests.e2e.stack import Stack
from tests.opentrivia import opentrivia
from workers.actors.recompute_scores import recompute_scores

ROOT = Path(__file__).parents[2]
STORED_S = 20.0
"""How long the workers may take to store the last answers of a test."""


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
    """The stack, with everything running; afterwards every session of the test must come out the same again."""
    running_stack.heal()
    began_at = datetime.now(UTC)
    yield running_stack
    report = request.node.stash.get(OUTCOME, None)
    if report is not None and report.failed:
        report.sections.append(("Logs of the stack", running_stack.tails()))
    elif report is not None and request.node.get_closest_marker("loses_answers") is None:
        running_stack.heal()
        require_all_recomputable(running_stack, began_at)


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
    with (
        closing(Pool(stack.postgres.url, 1)) as pool,
        closing(redis.Redis.from_url(stack.redis.url)) as client,
    ):
        pool.call(live.restore, client, session_id)  # a board that is gone would agree with anything
        found = recompute_scores(client, pool, session_id)
    assert (found.wrong_answers, found.wrong_totals, found.wrong_rows) == ((), (), ())


def require_all_recomputable(stack: Stack, since: datetime) -> None:
    """The same of every session started since then, once what is under way has been stored."""
    with (
        closing(Pool(stack.postgres.url, 1)) as pool,
        closing(redis.Redis.from_url(stack.redis.url)) as client,
    ):
        give_up_at = time.monotonic() + STORED_S
        for session_id in pool.call(_sessions_since, since):
            pool.call(live.restore, client, session_id)
            while True:
                found = recompute_scores(client, pool, session_id)
                if found.equal:
                    break
                wrong = (found.wrong_answers, found.wrong_totals, found.wrong_rows)
                assert time.monotonic() < give_up_at, f"session {session_id} does not come out again: {wrong}"
                time.sleep(0.2)


def _sessions_since(since: datetime) -> list[str]:
    query = "SELECT id FROM sessions WHERE created_at >= %s AND live IS NOT NULL"
    return [row[0] for row in database.execute_sql(query, (since,))]


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
