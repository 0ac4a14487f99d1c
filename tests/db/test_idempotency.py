"""Idempotency keys: one thing made, however often its request is sent."""

from __future__ import annotations

import pytest
from redis import Redis

from db import idempotency
from db.errors import KeyInUse, KeyReused


def test_a_key_leads_to_one_id_for_a_day(redis: Redis) -> None:
    first = idempotency.claim(redis, "ann", "k", b"request")
    idempotency.release(redis, first)
    second = idempotency.claim(redis, "ann", "k", b"request")
    assert (first.repeated, second.repeated) == (False, True)
    assert second.made_id == first.made_id
    assert 0 < redis.ttl(first.name) <= idempotency.TTL_S


def test_only_one_carries_it_out_at_a_time(redis: Redis) -> None:
    first = idempotency.claim(redis, "ann", "k", b"request")
    with pytest.raises(KeyInUse):
        idempotency.claim(redis, "ann", "k", b"request")
    idempotency.release(redis, first)
    second = idempotency.claim(redis, "ann", "k", b"request")
    idempotency.release(redis, first)  # not the holder any more
    with pytest.raises(KeyInUse):
        idempotency.claim(redis, "ann", "k", b"request")
    assert second.made_id == first.made_id


def test_a_key_belongs_to_one_user_and_one_request(redis: Redis) -> None:
    first = idempotency.claim(redis, "ann", "k", b"request")
    with pytest.raises(KeyReused):
        idempotency.claim(redis, "ann", "k", b"other")
    assert idempotency.claim(redis, "bob", "k", b"other").made_id != first.made_id
    assert idempotency.claim(redis, "ann", "l", b"other").made_id != first.made_id


def test_a_forgotten_key_is_free(redis: Redis) -> None:
    first = idempotency.claim(redis, "ann", "k", b"request")
    idempotency.forget(redis, first)
    assert redis.keys("idempotency:*") == []
    assert idempotency.claim(redis, "ann", "k", b"other").made_id != first.made_id
