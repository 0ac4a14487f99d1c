"""Files are written and read beside the event loop, not instead of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator
from io import BytesIO
from types import ModuleType
from typing import Any

import pytest

from tests.web.importing.test_kahoot import workbook
from web.exporting import quizzes
from web.giving_way import EVERY, giving_way
from web.importing import kahoot

ROWS = 20


@pytest.fixture
def stubborn_threads() -> Iterator[None]:
    """The interpreter takes nothing away from a thread: only what gives way lets others run."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(60)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("stubborn_threads")
async def test_the_event_loop_runs_beside_a_thread_that_gives_way() -> None:
    def work() -> None:
        for _ in giving_way(range(200 * EVERY)):
            pass

    turns = 0
    thread = asyncio.get_running_loop().run_in_executor(None, work)
    while not thread.done():
        turns += 1
        await asyncio.sleep(0.00001)
    assert turns > 10  # else one, or two


def test_nothing_is_lost_or_changes_places() -> None:
    for count in (0, 1, EVERY, 3 * EVERY + 1):
        assert list(giving_way(range(count))) == list(range(count))


def watch(monkeypatch: pytest.MonkeyPatch, module: ModuleType) -> list[Any]:
    """What passes through `giving_way` in this module."""
    passed: list[Any] = []

    def watched(items: Iterable[Any]) -> Iterator[Any]:
        for item in giving_way(items):
            passed.append(item)
            yield item

    monkeypatch.setattr(module, "giving_way", watched)
    return passed


def test_a_workbook_gives_way_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    options = [{"text": "a", "is_correct": True}, {"text": "b", "is_correct": False}]
    questions = [{"title": f"Q{n}", "options": options, "time_limit_s": 20} for n in range(ROWS)]
    passed = watch(monkeypatch, quizzes)
    quizzes.write_kahoot({"title": "Many", "questions": questions}, BytesIO())
    assert passed == questions


def test_a_workbook_gives_way_as_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = watch(monkeypatch, kahoot)
    parsed = kahoot.parse_kahoot(workbook(*((n, f"Q{n}", "a", "b", None, None, 20, 1) for n in range(ROWS))))
    assert len(parsed.questions) == ROWS
    assert len(passed) >= ROWS
