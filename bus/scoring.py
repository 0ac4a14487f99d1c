"""How sessions are scored, by name: what a host chooses, and what is written with every answer.

A rule is text: the name and version of how one answer is worth points, and of what comes on top:
`speed/1`, `flat/2+streak/1`. A version never changes its meaning. What they mean is in `workers/rules/scoring.py`.
"""

from __future__ import annotations

__all__ = ["NAMES", "has_streak", "name_of", "rule_of"]

NAMES = {"flat": "flat/2", "speed": "speed/1", "linear": "linear/1"}
"""What can be chosen, and the version that new sessions get."""

_STREAK = "streak/1"


def rule_of(name: str, *, streak: bool) -> str:
    """The rule for a new session."""
    return f"{NAMES[name]}+{_STREAK}" if streak else NAMES[name]


def name_of(rule: str) -> str:
    """What was chosen: `flat` of `flat/2+streak/1`."""
    return rule.partition("+")[0].partition("/")[0]


def has_streak(rule: str) -> bool:
    """Whether answers right in a row earn more."""
    return _STREAK in rule.split("+")[1:]
