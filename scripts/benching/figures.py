"""Arithmetic of measurements."""

from __future__ import annotations

import math
from collections.abc import Sequence

from redis import Redis

__all__ = ["percentile", "redis_cpu_s"]


def percentile(values: Sequence[float], share: float) -> float:
    """Nearest rank; `share` of 0.99 for p99."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def redis_cpu_s(client: Redis) -> float:
    """CPU seconds of the server so far."""
    info = client.info("cpu")
    return float(info["used_cpu_user"]) + float(info["used_cpu_sys"])
