"""Wrong join codes, counted by address in Redis, so that nobody finds a session by trying.

Right codes never count. One that was right for an address stays open to it, whatever others behind the same address
mistype: five hundred people in a hall share one.
"""

from __future__ import annotations

from collections.abc import Sequence

from redis import Redis

__all__ = ["MAX_MISSES", "WINDOW_S", "hit", "hit_all", "look", "look_all", "miss"]

MAX_MISSES = 30
WINDOW_S = 600
KNOWN_S = 6 * 60 * 60


def look(redis: Redis, address: str, code: str) -> tuple[int, bool]:
    """Seconds until this address may try this code, 0 when it may now; and whether it is known to know it."""
    return look_all(redis, [(address, code)])[0]


def look_all(redis: Redis, tried: Sequence[tuple[str, str]]) -> list[tuple[int, bool]]:
    """As `look`, for each address and code."""
    with redis.pipeline(transaction=False) as pipeline:
        for address, code in tried:
            pipeline.get(_misses(address))
            pipeline.ttl(_misses(address))
            pipeline.exists(_known(address, code))
        replies = pipeline.execute()
    return [_verdict(*replies[at : at + 3]) for at in range(0, len(replies), 3)]


def miss(redis: Redis, address: str) -> None:
    """This address tried a code of no session."""
    with redis.pipeline(transaction=True) as pipeline:
        pipeline.set(_misses(address), 0, nx=True, ex=WINDOW_S)
        pipeline.incr(_misses(address))
        pipeline.execute()


def hit(redis: Redis, address: str, code: str) -> None:
    """This address knows this code."""
    hit_all(redis, [(address, code)])


def hit_all(redis: Redis, known: Sequence[tuple[str, str]]) -> None:
    """As `hit`, for each address and code."""
    with redis.pipeline(transaction=False) as pipeline:
        for address, code in known:
            pipeline.set(_known(address, code), 1, ex=KNOWN_S)
        pipeline.execute()


def _verdict(misses: bytes | None, left_s: int, known: int) -> tuple[int, bool]:
    if known or misses is None or int(misses) < MAX_MISSES:
        return 0, bool(known)
    return max(1, int(left_s)), False


def _misses(address: str) -> str:
    return f"guesses:{address}:misses"


def _known(address: str, code: str) -> str:
    return f"guesses:{address}:{code}"
