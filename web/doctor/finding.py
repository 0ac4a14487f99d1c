"""What a look has found; and clocks, which every server has."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["WAIT_S", "Finding", "clock", "first_line", "offset"]

WAIT_S = 3.0
SKEW_WARN_S = 0.25
SKEW_FAIL_S = 1.0

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look has found, and what to do about it."""

    check: str
    status: Status
    found: str
    advice: str = ""


def offset(ask: Callable[[], float]) -> float:
    """Seconds that a server's clock is surely off from ours: what the way there and back explains is forgiven."""
    asked_at = time.time()
    told = ask()
    answered_at = time.time()
    return max(0.0, abs(told - (asked_at + answered_at) / 2) - (answered_at - asked_at) / 2)


def clock(name: str, offset_s: float) -> Finding:
    """What to say about a server whose clock is surely `offset_s` off."""
    status: Status = "fail" if offset_s > SKEW_FAIL_S else "warn" if offset_s > SKEW_WARN_S else "ok"
    advice = "" if status == "ok" else "have NTP or chrony keep the clocks of both machines"
    return Finding("clocks", status, f"{name} is {offset_s * 1000:.0f} ms off from this machine", advice)


def first_line(error: Exception) -> str:
    """What a driver says, without what it adds below."""
    return str(error).strip().splitlines()[0]
