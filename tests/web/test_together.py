"""Many small calls as one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from web.together import Together


class Work:
    """Doubles numbers, and remembers the groups; a group with a 13 fails."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self, group: list[int]) -> Sequence[int]:
        self.groups.append(group)
        await self.go_on.wait()
        if 13 in group:
            raise ValueError("unlucky")
        return [2 * number for number in group]


async def test_what_arrives_while_one_group_is_worked_on_is_the_next_group() -> None:
    work = Work()
    double = Together(work, every_s=0)
    work.go_on.clear()
    first = asyncio.create_task(double(1))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(double(number)) for number in range(2, 6)]
    await asyncio.sleep(0.01)
    assert work.groups == [[1]]
    work.go_on.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6, 8, 10]
    assert work.groups == [[1], [2, 3, 4, 5]]


async def test_a_lone_caller_does_not_wait_and_a_full_group_neither() -> None:
    work = Work()
    double = Together(work, most=2, every_s=3600)
    assert await asyncio.wait_for(double(1), 5) == 2
    assert await asyncio.wait_for(asyncio.gather(double(2), double(3)), 5) == [4, 6]
    assert work.groups == [[1], [2, 3]]


async def test_groups_are_no_larger_than_they_may_be() -> None:
    work = Work()
    double = Together(work, most=3, every_s=0)
    assert await asyncio.gather(*map(double, range(8))) == [2 * number for number in range(8)]
    assert [len(group) for group in work.groups] == [3, 3, 2]


async def test_an_error_is_of_its_group_alone() -> None:
    work = Work()
    double = Together(work, most=2, every_s=0)
    outcomes = await asyncio.gather(*map(double, [1, 13, 2, 3]), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ValueError, ValueError, int, int]
    assert await double(4) == 8


async def test_whoever_gives_up_waiting_takes_nobody_along() -> None:
    work = Work()
    double = Together(work, every_s=0)
    tasks = [asyncio.create_task(double(number)) for number in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(outcomes[1], asyncio.CancelledError)
    assert (outcomes[0], outcomes[2]) == (0, 4)
    with pytest.raises(ValueError, match="unlucky"):
        await double(13)
