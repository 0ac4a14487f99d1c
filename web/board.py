"""Participants on the leaderboards of all gateways: their place when they join, and another name."""

from __future__ import annotations

from collections.abc import Sequence

import redis
from nats.aio.client import Client

from bus import subjects
from bus.messages import BoardDelta, BoardEntry, encode
from db import live
from db.pool import Pool

__all__ = ["Place", "put_on_board", "rename_on_board", "take_place", "tell_boards"]

Place = tuple[str, str, live.Entered]
"""A participant, their nickname, and what they have."""


async def put_on_board(
    nc: Client, pool: Pool, redis_client: redis.Redis, session_id: str, participant_id: str, nickname: str
) -> None:
    """Give a participant a place on the leaderboard and tell every gateway. Idempotent: who comes back keeps
    their totals. Raises Conflict `kicked`."""
    entered = await pool.run(take_place, redis_client, session_id, participant_id, nickname)
    await tell_boards(nc, session_id, [(participant_id, nickname, entered)])


async def rename_on_board(
    nc: Client, pool: Pool, redis_client: redis.Redis, session_id: str, participant_id: str, nickname: str
) -> None:
    """Show somebody under the name that PostgreSQL has by now, on every gateway. Whoever is on no board is not put on one.

    Raises DbError when the session has to be rebuilt and cannot be.
    """
    renamed = await pool.run(_rename, redis_client, session_id, participant_id, nickname)
    if renamed is not None:
        await tell_boards(nc, session_id, [(participant_id, nickname, renamed)])


async def tell_boards(nc: Client, session_id: str, places: Sequence[Place]) -> None:
    """Tell every gateway of places and names that one version of the board has brought."""
    entries = tuple(
        BoardEntry(participant_id, totals.score, totals.time_ms, nickname)
        for participant_id, nickname, totals in places
    )
    totals = places[0][2]
    delta = BoardDelta(session_id, totals.epoch, totals.version, entries)
    await nc.publish(subjects.leaderboard(session_id), encode(delta))


def take_place(
    redis_client: redis.Redis, session_id: str, participant_id: str, nickname: str
) -> live.Entered:
    """Give a participant a place in Redis, which is rebuilt if need be. `tell_boards` comes next.

    Raises Conflict `kicked`.
    """
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
