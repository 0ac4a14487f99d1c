"""How sessions are scored, by name: what a host chooses, and what is written with every answer.

A rule is text: the name and version of how one answer is worth points, and of what comes on top:
`speed/1`, `flat/2+streak/1`, `linear/1+penalty50/1`. A version never changes its meaning. What they mean is in `workers/rules/scoring.py`.
"""

from __future__ import annotations

import re

__all__ = ["NAMES", "has_streak", "name_of", "penalty_of", "penalty_percent", "rule_of"]

NAMES = {"flat": "flat/2", "speed": "speed/1", "linear": "linear/1"}
"""What can be chosen, and the version that new sessions get."""

_STREAK = "streak/1"
_PENALTY = re.compile(r"penalty([1-9]\d?|100)/1")


def rule_of(name: str, *, streak: bool, penalty_percent: int = 0) -> str:
    """The rule for a new session; a wrong answer costs 0 to 100 percent of the question's points."""
    parts = [NAMES[name]]
    if streak:
        parts.append(_STREAK)
    if penalty_percent:
        parts.append(f"penalty{penalty_percent}/1")
    return "+".join(parts)


def name_of(rule: str) -> str:
    """What was chosen: `flat` of `flat/2+streak/1`."""
    return rule.partition("+")[0].partition("/")[0]


def penalty_percent(extra: str) -> int | None:
    """What a wrong answer costs by one part of a rule, `penalty50/1`; None: it is no penalty, or of a later version."""
    found = _PENALTY.fullmatch(extra)
    return None if found is None else int(found[1])


def penalty_of(rule: str) -> int:
    """How many percent of a question's points a wrong answer costs."""
    return sum(penalty_percent(extra) or 0 for extra in rule.split("+")[1:])


def has_streak(rule: str) -> bool:
    """Whether answers right in a row earn more."""
    return _STREAK in rule.split("+")[1:]
