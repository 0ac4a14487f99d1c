"""What one answer is worth. Every rule has a version, which is stored with each answer it scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workers.rules.errors import UnknownRule

__all__ = ["RULES", "points"]


def flat(correct: bool) -> int:
    """1 point for a correct answer, 0 otherwise (the rule of the paper quiz)."""
    return 1 if correct else 0


RULES: Mapping[str, Callable[[bool], int]] = {"flat/1": flat}


def points(rule: str, *, correct: bool) -> int:
    """Points of one answer under `rule` ("flat/1"). Raises UnknownRule."""
    try:
        return RULES[rule](correct)
    except KeyError:
        raise UnknownRule(rule) from None
