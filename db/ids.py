"""Ids: UUIDv7 as text, so that ids made later sort later."""

from __future__ import annotations

import re
import secrets
import time

from uuid6 import UUID, uuid7

__all__ = ["is_id", "new_id", "new_ids"]

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def new_id() -> str:
    """A new UUIDv7, 36 characters, lower case."""
    return str(uuid7())


def new_ids(count: int) -> list[str]:
    """Many UUIDv7s of this moment, in no order.

    `uuid7` puts each id a millisecond after the one before: making thousands with it would take all later ids of
    this process seconds into the future.
    """
    base = (time.time_ns() // 1_000_000) << 80
    return [str(UUID(int=base | secrets.randbits(76), version=7)) for _ in range(count)]


def is_id(text: str) -> bool:
    """True for a UUID in the one spelling we hand out (lower case with hyphens); functions that look up by
    id answer "not there" for anything else, instead of an error of the database."""
    return _ID.fullmatch(text) is not None
