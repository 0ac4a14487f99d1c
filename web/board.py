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
    """Give a participant a place on the leaderboard and tell every gateway. Idempotent: who comes back keeps
    their totals."""
    entered = await pool.run(_enter, redis_client, session_id, participant_id, nickname)
    entry = BoardEntry(participant_id, entered.score, entered.time_ms, nickname)
    delta = BoardDelta(session_id, entered.epoch, entered.version, (entry,))
    await nc.publish(subjects.leaderboard(session_id), encode(delta))


def _enter(redis_client: redis.Redis, session_id: str, participant_id: str, nickname: str) -> live.Entered:
    entered = live.enter(redis_client, session_id, participant_id, nickname)
    if entered is None:
        live.restore(redis_client, session_id)
        entered = live.enter(redis_client, session_id, participant_id, nickname)
    if entered is None:
        raise LookupError(f"no live state of session {session_id}")
    return entered
