"""What connections show at the door, looked at for many of them in one call: tickets and resume tokens."""

from __future__ import annotations

from typing import Any

from redis import Redis

from db import claims, participants
from db.pool import Pool
from web.together import Together

__all__ = ["Proofs"]

TICKET_KEPT_S = 60
"""How long it is known that a ticket was used: longer than any is good."""


class Proofs:
    """Those of one node. All moments are microseconds by the clock of Redis, which is the same for all nodes."""

    def __init__(self, pool: Pool, redis: Redis) -> None:
        self._pool = pool
        self._redis = redis
        self.claim: Together[str, int | None] = Together(self._claim)
        """When a ticket, by its id, was used first: now; None for one that was used before."""
        self.resume: Together[str, tuple[dict[str, Any], int] | None] = Together(self._resume)
        """The participant (kicked or not) whose resume token this is, and the moment; or None."""

    async def _claim(self, ids: list[str]) -> list[int | None]:
        keys = [f"ticket:{id}" for id in ids]
        return await self._pool.run(claims.claim_once, self._redis, keys, TICKET_KEPT_S)

    async def _resume(self, tokens: list[str]) -> list[tuple[dict[str, Any], int] | None]:
        return await self._pool.run(self._look_up, tokens)

    def _look_up(self, tokens: list[str]) -> list[tuple[dict[str, Any], int] | None]:
        now = claims.clock(self._redis)
        return [
            None if participant is None else (participant, now + place)  # the later of two stays
            for place, participant in enumerate(participants.by_resume_tokens(tokens))
        ]
