"""Errors of the rules.

RuleError
└── UnknownRule   a scoring rule or version that this release does not know
"""

from __future__ import annotations

__all__ = ["RuleError", "UnknownRule"]


class RuleError(Exception):
    """Root of what the rules raise."""


class UnknownRule(RuleError):
    """Answers name a scoring rule this release does not have: deploy the release that wrote them."""

    def __init__(self, rule: str) -> None:
        super().__init__(f"scoring rule {rule!r} is not known to this release")
        self.rule = rule
