"""The leaderboard as everybody may see it: without the question that is still open.

In host and timed pacing a score that moves while a question is open would tell who chose the right option, and so which it is.
"""

from __future__ import annotations

import redis

from bus.leaderboard import Leaderboard
from bus.messages import Quiz, SessionState
from db import scoreboard

__all__ = ["standings", "withheld_question"]


def withheld_question(state: SessionState, quiz: Quiz) -> str | None:
    """The question whose points nobody may see yet; None when there is none."""
    if state.pacing == "self" or state.state not in ("open", "closing"):
        return None
    return quiz.questions[state.question_index].id


def standings(
    redis_client: redis.Redis, session_id: str, state: SessionState, quiz: Quiz
) -> Leaderboard | None:
    """The leaderboard of a session at `state`, or None when it is not in Redis."""
    board = scoreboard.board(redis_client, session_id, without=withheld_question(state, quiz))
    return None if board is None else Leaderboard.load(board.epoch, board.version, board.rows)
