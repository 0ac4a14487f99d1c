"""Counting attempts in Redis, for all nodes together: at most so many within a sliding window."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

from redis import Redis

from db.scripts import THROTTLE

__all__ = ["Window", "give_back", "take"]


class Window(NamedTuple):
    """One counter: `allowed` attempts within `seconds`."""

    key: str
    allowed: int
    seconds: int


def take(redis: Redis, windows: Sequence[Window], attempt_id: str) -> int:
    """Count an attempt in each window, in order, until one refuses; milliseconds to wait, 0 when all let it pass.

    Refused attempts are not counted in the window that refused, so it opens again however long somebody hammers.
    """
    for window in windows:
        now_ms = time.time_ns() // 1_000_000
        wait_ms = THROTTLE(
            redis, [f"throttle:{window.key}"], (attempt_id, now_ms, window.seconds * 1000, window.allowed)
        )
        if wait_ms:
            return int(wait_ms)
    return 0


def give_back(redis: Redis, windows: Sequence[Window], attempt_id: str) -> None:
    """Do not count this attempt after all: it was a good one."""
    with redis.pipeline(transaction=False) as pipeline:
        for window in windows:
            pipeline.zrem(f"throttle:{window.key}", attempt_id)
        pipeline.execute()
