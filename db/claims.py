"""What can be done once, and when, by the one clock that all nodes share: that of Redis."""

from __future__ import annotations

from collections.abc import Sequence

from redis import Redis

__all__ = ["claim_once", "clock"]


def clock(redis: Redis) -> int:
    """Microseconds by the clock of Redis, which is the same for all nodes."""
    return _microseconds(*redis.time())


def claim_once(redis: Redis, keys: Sequence[str], ttl_s: int) -> list[int | None]:
    """For each key, when the first caller within `ttl_s` seconds came, in microseconds by Redis's clock; None for all others.

    For single-use tickets. Of several keys the later one has the later time. A lost reply burns the tickets.
    """
    with redis.pipeline(transaction=False) as pipeline:
        pipeline.time()
        for key in keys:
            pipeline.set(f"once:{key}", b"1", nx=True, ex=ttl_s)
        time, *claimed = pipeline.execute()
    now = _microseconds(*time)
    return [now + place if first else None for place, first in enumerate(claimed)]


def _microseconds(seconds: int, microseconds: int) -> int:
    return int(seconds) * 1_000_000 + int(microseconds)
