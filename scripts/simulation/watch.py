"""One participant's view of the leaderboard over time: when did it show what the participant had scored?"""

from __future__ import annotations

from scripts.simulation.board import ParticipantBoard
from scripts.simulation.record import Attempt

__all__ = ["BoardWatch"]


class BoardWatch:
    """The board a participant holds now, and the moments its own total rose (seconds, monotonic)."""

    def __init__(self, participant_id: str) -> None:
        self.board: ParticipantBoard | None = None
        self._participant_id = participant_id
        self._score = 0  # the highest own total any board has shown
        self._rises: list[tuple[int, float]] = []
        self._waiting: list[Attempt] = []  # correct answers whose total no board has shown yet

    def take(self, board: ParticipantBoard, now: float) -> None:
        """The board moved on."""
        self.board = board
        score = board.score_of(self._participant_id)
        if score is None or score <= self._score:
            return
        self._score = score
        self._rises.append((score, now))
        for attempt in self._waiting:
            if (attempt.score or 0) <= score:
                attempt.on_board_at = now
        self._waiting = [attempt for attempt in self._waiting if attempt.on_board_at is None]

    def expect(self, attempt: Attempt) -> None:
        """A correct answer's total is known: note when the board first had it, which may be in the past."""
        if attempt.on_board_at is None and attempt.score is not None:
            attempt.on_board_at = next((at for score, at in self._rises if score >= attempt.score), None)
            if attempt.on_board_at is None:
                self._waiting.append(attempt)
