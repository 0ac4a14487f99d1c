"""A place on the leaderboard for somebody who has just joined."""

from __future__ import annotations

import redis
from nats.aio.client import Client

from bus import subjects
from bus.messages import BoardDelta, BoardEntry, encode
from db import live
from db.pool import Pool

__all__ = ["put_on_board"]


async def put_on_board(
    nc: Client, pool: Pool, redis_client: redis.Redis, session_id: str, participant_id: str, nickname: str
) -> None:
    """Give a participant a place on the leaderboard, with no points yet, and tell every gateway. Idempotent."""
    entered = await pool.run(live.enter, redis_client, session_id, participant_id, nickname)
    if entered is None:
        await pool.run(live.restore, redis_client, session_id)
        entered = await pool.run(live.enter, redis_client, session_id, participant_id, nickname)
    if entered is None:
        raise LookupError(f"no live state of session {session_id}")
    epoch, version = entered
    delta = BoardDelta(session_id, epoch, version, (BoardEntry(participant_id, 0, 0, nickname),))
    await nc.publish(subjects.leaderboard(session_id), encode(delta))
