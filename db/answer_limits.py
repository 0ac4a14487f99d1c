"""Which values of an answer are possible: asked before anything is written, so that a bad one cannot spoil others."""

from __future__ import annotations

from functools import lru_cache

from db.errors import InvalidAnswer
from db.text import is_storable

__all__ = ["MAX_ELAPSED_MS", "MAX_LATENCY_MS", "MAX_POINTS", "check"]

MAX_POINTS = 1 << 20
MAX_ELAPSED_MS = (1 << 31) - 1  # 24.8 days
MAX_LATENCY_MS = 500
_MAX_AT_MS = 1 << 45  # year 3084


def check(
    index: int,
    answer_id: str,
    option: str,
    correct: bool,
    points: int,
    finished_at_ms: int,
    elapsed_ms: int,
    rule: str,
    latency_ms: int = 0,
) -> None:
    """Raise InvalidAnswer, naming the answer by its place in the call."""
    if option not in ("A", "B", "C", "D"):
        raise InvalidAnswer(index, "its option is none of A, B, C, D")
    if abs(points) > MAX_POINTS:
        raise InvalidAnswer(index, f"its points are not between -{MAX_POINTS} and {MAX_POINTS}")
    if points and correct != (points > 0):
        raise InvalidAnswer(index, "it is wrong but earns points, or right but costs some")
    if not 0 <= elapsed_ms <= MAX_ELAPSED_MS:
        raise InvalidAnswer(index, f"its elapsed_ms is not between 0 and {MAX_ELAPSED_MS}")
    if not 0 <= latency_ms <= MAX_LATENCY_MS:
        raise InvalidAnswer(index, f"its latency_ms is not between 0 and {MAX_LATENCY_MS}")
    if not 0 <= finished_at_ms <= _MAX_AT_MS:
        raise InvalidAnswer(index, "its finished_at_ms is not a time of our days")
    if not 1 <= len(answer_id) <= 128 or not is_storable(answer_id):
        raise InvalidAnswer(index, "its answer_id is not 1 to 128 storable characters")
    if not _is_rule(rule):
        raise InvalidAnswer(index, "its rule is not 1 to 64 storable characters without '|' and '@'")


@lru_cache(maxsize=64)
def _is_rule(rule: str) -> bool:
    return 1 <= len(rule) <= 64 and "|" not in rule and "@" not in rule and is_storable(rule)
