"""What one answer is worth. Every rule has a version, which is stored with each answer it scored; versions never change.

| Rule | A correct answer after t of T seconds earns |
|---|---|
| flat/1 | 1 (the paper quiz) |
| flat/2 | the question's weight |
| speed/1 | P·(1 − (t/T)/2), all of P within half a second: Kahoot's rule, "How points work" in its help centre |
| linear/1 | P·(1 − t/T): what is left of the time is what is left of the points |
| … +streak/1 | and for each correct answer right before it, up to five, a tenth of P more (with flat: the weight once more) |
| … +penaltyN/1 | a wrong answer costs N % of P (with flat: of the weight); none costs nothing |

P is 1,000 times the question's weight: 0, 1,000 and 2,000 for weights 0, 1 and 2. T is the question's time limit; where
it has none, `answer_s` in timed pacing, else 20 seconds. Points are whole numbers, halves rounded up. A wrong answer earns
nothing. Points may be below 0; the sum of them is not shown below 0, see `db/totals.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from bus.scoring import penalty_percent
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
    read = _read(rule)
    if not answer.correct:
        return -sum(_penalty_1(read.base, answer, percent) for percent in read.penalties)
    return read.worth(answer) + sum(bonus(read.base, answer) for bonus in read.bonuses)


class _Rule(NamedTuple):
    """A rule as it was read."""

    base: str
    worth: Callable[[Judged], int]
    bonuses: Sequence[Callable[[str, Judged], int]]
    penalties: Sequence[int]  # percent


@lru_cache(maxsize=256)
def _read(rule: str) -> _Rule:
    base, *extras = rule.split("+")
    penalties = [percent for extra in extras if (percent := penalty_percent(extra)) is not None]
    try:
        bonuses = [_BONUS[extra] for extra in extras if penalty_percent(extra) is None]
        return _Rule(base, _WORTH[base], bonuses, penalties)
    except KeyError:
        raise UnknownRule(rule) from None


def _flat_1(answer: Judged) -> int:
    """The paper quiz: one point for each right answer."""
    return 1


def _flat_2(answer: Judged) -> int:
    """The paper quiz with questions that count more than others, as their author says."""
    return answer.weight


def _speed_1(answer: Judged) -> int:
    """Kahoot's rule: https://support.kahoot.com/hc/en-us/articles/115002303908-How-points-work"""
    full = FULL * answer.weight
    if answer.elapsed_ms < FULL_WITHIN_MS:
        return full
    limit_ms, elapsed_ms = _times(answer)
    return _rounded(full * (2 * limit_ms - elapsed_ms), 2 * limit_ms)


def _linear_1(answer: Judged) -> int:
    """Our own: the straight line from all of the points to none."""
    limit_ms, elapsed_ms = _times(answer)
    return _rounded(FULL * answer.weight * (limit_ms - elapsed_ms), limit_ms)


def _streak_1(base: str, answer: Judged) -> int:
    """Kahoot's answer streak bonus: 100 more for each in a row, 500 at most."""
    step = answer.weight if base.startswith("flat/") else FULL * answer.weight // 10
    return step * min(answer.streak, LONGEST_STREAK)


def _penalty_1(base: str, answer: Judged, percent: int) -> int:
    """Negative marking, known as formula scoring: Frary, "Formula Scoring of Multiple-Choice Tests (Correction for
    Guessing)", Educational Measurement: Issues and Practice 7(2), 1988. With four options 33 % take away what guessing
    earns, with three 50 %, with two 100 %."""
    full = FULL * answer.weight
    if base.partition("/")[0] == "flat":
        full = answer.weight if base == "flat/2" else 1
    return _rounded(full * percent, 100)


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
