"""When each participant was shown the question they are at. A reconnect does not start the time again."""

from __future__ import annotations

__all__ = ["Shown"]


class Shown:
    """Moments at which a question was first written to a socket of a participant on this node, by the room's stopwatch."""

    def __init__(self) -> None:
        self._at: dict[str, tuple[str, float]] = {}  # question and moment, by participant

    def note(self, participant_id: str, question_id: str, at: float) -> None:
        """A question is being written to somebody; for each question the first time counts."""
        if self.at(participant_id, question_id) is None:
            self._at[participant_id] = question_id, at

    def at(self, participant_id: str, question_id: str) -> float | None:
        """When somebody was shown a question; None when that was not here, or they are at another one."""
        known = self._at.get(participant_id)
        return None if known is None or known[0] != question_id else known[1]
