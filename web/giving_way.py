"""Long work in a thread, beside an event loop that has to stay quick."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

__all__ = ["giving_way"]

EVERY = 8
PAUSE_S = 0.0001

_T = TypeVar("_T")


def giving_way(items: Iterable[_T]) -> Iterator[_T]:
    """The items, with a moment for the other threads after every eighth.

    A thread that only computes keeps the interpreter for 5 ms at a time, so that the event loop is late by as much
    whenever it wakes up: for as long as a workbook is written, that would be every answer.
    """
    for number, item in enumerate(items, start=1):
        yield item
        if not number % EVERY:
            time.sleep(PAUSE_S)
