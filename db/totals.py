"""Total of one participant as one number: `points·2²² − time_cs`, exact in a double.

Ordered by it, more points come first, then less time. It holds 2³¹ − 1 points and 2²² − 1 hundredths of a
second (11.6 hours); totals beyond that stay there. Penalties may bring points below 0. So that the order in which
answers arrive changes nothing, they stay there, and nobody is shown less than 0: `shown`.
"""

from __future__ import annotations

__all__ = ["MAX_POINTS", "MAX_TIME_CS", "pack", "shown", "unpack"]

_SHIFT = 1 << 22
MAX_POINTS = (1 << 31) - 1
MAX_TIME_CS = _SHIFT - 1


def pack(points: int, time_cs: int) -> int:
    """The number for these totals."""
    return max(-MAX_POINTS, min(points, MAX_POINTS)) * _SHIFT - min(time_cs, MAX_TIME_CS)


def unpack(total: int) -> tuple[int, int]:
    """`(points, time_ms)`; the time in milliseconds, a multiple of 10."""
    points = -(-total // _SHIFT)
    return points, (points * _SHIFT - total) * 10


def shown(points: int, time_ms: int) -> tuple[int, int]:
    """The score and time that people see."""
    return max(0, points), time_ms
