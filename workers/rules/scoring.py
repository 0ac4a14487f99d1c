"""What one answer is worth. Every rule has a version, which is stored with each answer it scored; versions never change.

| Rule | A correct answer after t of T seconds earns |
|---|---|
| flat/1 | 1 (the paper quiz) |
| flat/2 | the question's weight |
| speed/1 | P·(1 − (t/T)/2), all of P within half a second: Kahoot's rule, "How points work" in its help centre |
| linear/1 | P·(1 − t/T): what is left of the time is what is left of the points |
| … +streak/1 | and for each correct answer right before it, up to five, a tenth of P more (with flat: the weight once more) |

P is 1,000 times the question's weight: 0, 1,000 and 2,000 for weights 0, 1 and 2. T is the question's time limit, or
20 seconds where it has none. Points are whole numbers, halves rounded up. A wrong answer earns nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from workers.rules.errors import UnknownRule

__all__ = ["LONGEST_STREAK", "Judged", "points"]

FULL = 1_000
FULL_WITHIN_MS = 500
DEFAULT_LIMIT_MS = 20_000
LONGEST_STREAK = 5
"""More correct answers in a row than this earn no more."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What a rule may look at."""

    correct: bool
    elapsed_ms: int = 0
    weight: int = 1
    limit_ms: int | None = None
    streak: int = 0  # correct answers to the questions right before this one


def points(rule: str, answer: Judged) -> int:
    """Points of one answer under `rule` ("speed/1+streak/1"). Raises UnknownRule."""
    base, *extras = rule.split("+")
    try:
        worth, bonuses = _WORTH[base], [_BONUS[extra] for extra in extras]
    except KeyError:
        raise UnknownRule(rule) from None
    if not answer.correct:
        return 0
    return worth(answer) + sum(bonus(base, answer) for bonus in bonuses)


def _flat_1(answer: Judged) -> int:
    return 1


def _flat_2(answer: Judged) -> int:
    return answer.weight


def _speed_1(answer: Judged) -> int:
    full = FULL * answer.weight
    if answer.elapsed_ms < FULL_WITHIN_MS:
        return full
    limit_ms, elapsed_ms = _times(answer)
    return _rounded(full * (2 * limit_ms - elapsed_ms), 2 * limit_ms)


def _linear_1(answer: Judged) -> int:
    limit_ms, elapsed_ms = _times(answer)
    return _rounded(FULL * answer.weight * (limit_ms - elapsed_ms), limit_ms)


def _streak_1(base: str, answer: Judged) -> int:
    step = answer.weight if base.startswith("flat/") else FULL * answer.weight // 10
    return step * min(answer.streak, LONGEST_STREAK)


def _times(answer: Judged) -> tuple[int, int]:
    """The time limit, and the time taken, which is never more."""
    limit_ms = answer.limit_ms or DEFAULT_LIMIT_MS
    return limit_ms, min(answer.elapsed_ms, limit_ms)


def _rounded(dividend: int, divisor: int) -> int:
    """Halves up, in whole numbers: the same on every machine."""
    return (2 * dividend + divisor) // (2 * divisor)


_WORTH: Mapping[str, Callable[[Judged], int]] = {
    "flat": _flat_1,  # sessions from before rules had versions
    "flat/1": _flat_1,
    "flat/2": _flat_2,
    "speed/1": _speed_1,
    "linear/1": _linear_1,
}
_BONUS: Mapping[str, Callable[[str, Judged], int]] = {"streak/1": _streak_1}
