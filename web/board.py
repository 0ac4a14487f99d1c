"""Participants on the leaderboards of all gateways: their place when they join, and another name."""

from __future__ import annotations

import redis
from nats.aio.client import Client

from bus import subjects
from bus.messages import BoardDelta, BoardEntry, encode
from db import live
from db.pool import Pool

__all__ = ["put_on_board", "rename_on_board"]


async def put_on_board(
    nc: Client, pool: Pool, redis_client: redis.Redis, session_id: str, participant_id: str, nickname: str
) -> None:
    """Give a participant a place on the leaderboard and tell every gateway. Idempotent: who comes back keeps
    their totals."""
    entered = await pool.run(_enter, redis_client, session_id, participant_id, nickname)
    await _tell(nc, session_id, participant_id, nickname, entered)


async def rename_on_board(
    nc: Client, pool: Pool, redis_client: redis.Redis, session_id: str, participant_id: str, nickname: str
) -> None:
    """Show somebody under the name that PostgreSQL has by now, on every gateway. Whoever is on no board is not put on one.

    Raises DbError when the session has to be rebuilt and cannot be.
    """
    renamed = await pool.run(_rename, redis_client, session_id, participant_id, nickname)
    if renamed is not None:
        await _tell(nc, session_id, participant_id, nickname, renamed)


async def _tell(
    nc: Client, session_id: str, participant_id: str, nickname: str, totals: live.Entered
) -> None:
    entry = BoardEntry(participant_id, totals.score, totals.time_ms, nickname)
    delta = BoardDelta(session_id, totals.epoch, totals.version, (entry,))
    await nc.publish(subjects.leaderboard(session_id), encode(delta))


def _enter(redis_client: redis.Redis, session_id: str, participant_id: str, nickname: str) -> live.Entered:
    entered = live.enter(redis_client, session_id, participant_id, nickname)
    if entered is None:
        live.restore(redis_client, session_id)
        entered = live.enter(redis_client, session_id, participant_id, nickname)
    if entered is None:
        raise LookupError(f"no live state of session {session_id}")
    return entered


def _rename(
    redis_client: redis.Redis, session_id: str, participant_id: str, nickname: str
) -> live.Entered | None:
    renamed = live.rename(redis_client, session_id, participant_id, nickname)
    if renamed is None:
        live.restore(redis_client, session_id)  # it may be under way, with the old name
        renamed = live.rename(redis_client, session_id, participant_id, nickname)
    return renamed
