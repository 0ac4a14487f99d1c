"""Idempotency keys in Redis: a user's request with a key makes one thing, however often it is sent.

A key is bound to the id of what its request makes, before it is made. A repeated request finds the id, and makes the
thing unless it is there: also when the first one died half way, or its reply got lost.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import NamedTuple

from redis import Redis
from redis.exceptions import WatchError

from db.errors import KeyInUse, KeyReused
from db.ids import new_id

__all__ = ["TTL_S", "Claim", "claim", "forget", "release"]

TTL_S = 24 * 60 * 60
LOCK_TTL_S = 120
"""Longer than any request takes. After that, two of them make the same id, and one finds it made."""


class Claim(NamedTuple):
    """The right to carry out the request of a key."""

    made_id: str  # of what the request makes
    repeated: bool  # the key was here before
    name: str  # of the record in Redis
    token: bytes  # of the lock


def claim(redis: Redis, user_id: str, key: str, request: bytes) -> Claim:
    """Claim the user's key for `request`, a digest of it. Raises KeyReused, KeyInUse."""
    name = f"idempotency:{user_id}:{sha256(key.encode()).hexdigest()[:32]}"
    token = secrets.token_hex(8).encode()
    record = request.hex().encode() + b" " + new_id().encode()
    with redis.pipeline(transaction=True) as pipeline:
        pipeline.set(name, record, nx=True, ex=TTL_S)
        pipeline.get(name)
        stored: bytes = pipeline.execute()[1]
    digest, made_id = stored.split(b" ")
    if digest != request.hex().encode():
        raise KeyReused()
    # A retried SET whose first reply was lost finds its own token.
    if not redis.set(f"{name}:lock", token, nx=True, ex=LOCK_TTL_S) and redis.get(f"{name}:lock") != token:
        raise KeyInUse()
    return Claim(made_id.decode(), stored != record, name, token)


def release(redis: Redis, claimed: Claim) -> None:
    """The request has ended; its key stays bound for a day."""
    _unlock(redis, claimed)


def forget(redis: Redis, claimed: Claim) -> None:
    """The request was refused and made nothing: its key is free again."""
    _unlock(redis, claimed, claimed.name)


def _unlock(redis: Redis, claimed: Claim, *more: str) -> None:
    lock = f"{claimed.name}:lock"
    with redis.pipeline(transaction=True) as pipeline:
        try:
            pipeline.watch(lock)  # type: ignore[no-untyped-call]
            if pipeline.get(lock) == claimed.token:
                pipeline.multi()
                pipeline.delete(lock, *more)
                pipeline.execute()
        except WatchError:
            pass  # it took too long: expired, and taken by somebody else
