"""How far a simulation is, for whoever shows it."""

from __future__ import annotations

from scripts.simulation.crowds import Crowds

__all__ = ["Progress"]


class Progress:
    """One simulation's; it says itself what it is at, and its crowd the rest."""

    def __init__(self, stage: str, participants: int) -> None:
        self.stage = stage
        self.participants = participants  # in all
        self.expected = 0  # answers in all
        self.crowd: Crowds | None = None

    @property
    def joined(self) -> int:
        """Participants with their first snapshot."""
        return 0 if self.crowd is None else self.crowd.joined

    @property
    def answers(self) -> int:
        """Answers that the server told us the fate of."""
        return 0 if self.crowd is None else self.crowd.answers
