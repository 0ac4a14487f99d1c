"""What can be done once, and when, by the one clock that all nodes share: that of Redis."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from redis import Redis

from db.wire import exchange

__all__ = ["claim_once", "clock"]


def clock(redis: Redis) -> int:
    """Microseconds by the clock of Redis, which is the same for all nodes."""
    return _microseconds(*redis.time())


def claim_once(redis: Redis, keys: Sequence[str], ttl_s: int) -> list[int | None]:
    """For each key, when the first caller within `ttl_s` seconds came, in microseconds by Redis's clock; None for all others.

    For single-use tickets. Of several keys the later one has the later time. Each is claimed with an id of this call: sent
    again because the reply was lost, it finds its own.
    """
    token = secrets.token_hex(8)
    claims = [f"{token}:{place}".encode() for place in range(len(keys))]
    commands: list[Sequence[Any]] = [("TIME",)]
    for key, claim in zip(keys, claims, strict=True):
        commands += ("SET", f"once:{key}", claim, "NX", "EX", ttl_s), ("GET", f"once:{key}")
    replies = exchange(redis, commands)
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    now = _microseconds(*replies[0])
    return [
        now + place if holder == claim else None
        for place, (claim, holder) in enumerate(zip(claims, replies[2::2], strict=True))
    ]


def _microseconds(seconds: int, microseconds: int) -> int:
    return int(seconds) * 1_000_000 + int(microseconds)
