"""A place on the leaderboard for somebody who has just joined."""

from __future__ import annotations

import redis
from nats.aio.client import Client

from bus import subjects
from bus.messages import BoardDelta, BoardEntry, encode
from db import live, scoreboard
from db.pool import Pool

__all__ = ["put_on_board"]


async def put_on_board(
    nc: Client, pool: Pool, redis_client: redis.Redis, session_id: str, participant_id: str, nickname: str
) -> None:
    """Give a participant a place on the leaderboard and tell every gateway. Idempotent: who comes back keeps
    their totals."""
    epoch, version, score, time_ms = await pool.run(
        _enter, redis_client, session_id, participant_id, nickname
    )
    entry = BoardEntry(participant_id, score, time_ms, nickname)
    await nc.publish(
        subjects.leaderboard(session_id), encode(BoardDelta(session_id, epoch, version, (entry,)))
    )


def _enter(
    redis_client: redis.Redis, session_id: str, participant_id: str, nickname: str
) -> tuple[str, int, int, int]:
    """`(epoch, version, score, time_ms)`. The totals may be newer than the version, never older: a delta that
    says so again changes nothing."""
    entered = live.enter(redis_client, session_id, participant_id, nickname)
    if entered is None:
        live.restore(redis_client, session_id)
        entered = live.enter(redis_client, session_id, participant_id, nickname)
    board = scoreboard.board(redis_client, session_id)
    if entered is None or board is None:
        raise LookupError(f"no live state of session {session_id}")
    epoch, version = entered
    for row in board.rows:
        if row.participant_id == participant_id:
            return epoch, version, row.score, row.time_ms
    return epoch, version, 0, 0
