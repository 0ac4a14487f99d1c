"""One participant's view of the leaderboard over time: when did it show what the participant had scored?"""

from __future__ import annotations

from client.answers import Attempt
from client.board import Board

__all__ = ["BoardWatch"]


class BoardWatch:
    """The board a participant holds now, and the moments its own total rose (seconds, monotonic)."""

    def __init__(self, participant_id: str, on_board_at: dict[str, float]) -> None:
        self.board: Board | None = None
        self._on_board_at = on_board_at  # by question id: the first board with what a right answer scored
        self._participant_id = participant_id
        self._score = 0  # the highest own total any board has shown
        self._rises: list[tuple[int, float]] = []
        self._waiting: list[Attempt] = []  # correct answers whose total no board has shown yet

    def take(self, board: Board, now: float) -> None:
        """The board moved on."""
        self.board = board
        score = board.score_of(self._participant_id)
        if score is None or score <= self._score:
            return
        self._score = score
        self._rises.append((score, now))
        for attempt in self._waiting:
            if (attempt.score or 0) <= score:
                self._on_board_at[attempt.question_id] = now
        self._waiting = [attempt for attempt in self._waiting if attempt.question_id not in self._on_board_at]

    def expect(self, attempt: Attempt) -> None:
        """A correct answer's total is known: note when the board first had it, which may be in the past."""
        if attempt.question_id in self._on_board_at or attempt.score is None:
            return
        at = next((at for score, at in self._rises if score >= attempt.score), None)
        if at is None:
            self._waiting.append(attempt)
        else:
            self._on_board_at[attempt.question_id] = at
