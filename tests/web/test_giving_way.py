"""Files are written and read beside the event loop, not instead of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest

from tests.web.importing.test_kahoot import workbook
from web.exporting.quizzes import write_kahoot
from web.giving_way import EVERY, giving_way
from web.importing.kahoot import parse_kahoot

ROWS = 400


@pytest.fixture
def stubborn_threads() -> Iterator[None]:
    """The interpreter takes nothing away from a thread: only what gives way lets others run."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(60)
    yield
    sys.setswitchinterval(before)


async def turns_beside(work: Callable[[], object]) -> int:
    """How often the event loop got its turn while a thread did this."""
    turns = 0
    thread = asyncio.get_running_loop().run_in_executor(None, work)
    while not thread.done():
        turns += 1
        await asyncio.sleep(0.00001)
    await thread
    return turns


def test_nothing_is_lost_or_changes_places() -> None:
    for count in (0, 1, EVERY, 3 * EVERY + 1):
        assert list(giving_way(range(count))) == list(range(count))


@pytest.mark.usefixtures("stubborn_threads")
async def test_a_workbook_is_written_beside_the_event_loop() -> None:
    options = [{"text": "a", "is_correct": True}, {"text": "b", "is_correct": False}]
    questions = [{"title": f"Q{n}", "options": options, "time_limit_s": 20} for n in range(ROWS)]
    quiz = {"title": "Many", "questions": questions}
    assert await turns_beside(lambda: write_kahoot(quiz, BytesIO())) >= ROWS // EVERY // 2


@pytest.mark.usefixtures("stubborn_threads")
async def test_a_workbook_is_read_beside_the_event_loop() -> None:
    data = workbook(*((n, f"Q{n}", "a", "b", None, None, 20, 1) for n in range(ROWS)))
    assert await turns_beside(lambda: parse_kahoot(data)) >= ROWS // EVERY // 2
