"""Tickets are good once."""

from __future__ import annotations

import time

from redis import Redis

from db import claims
from tests.db.lossy import Lossy


def test_a_ticket_is_claimed_once(redis: Redis) -> None:
    first, second = claims.claim_once(redis, ["ticket-1", "ticket-2"], 60)
    assert first is not None and second is not None
    assert first < second, "of one participant's two tickets the later one stays"
    third, again, twice = claims.claim_once(redis, ["ticket-3", "ticket-1", "ticket-3"], 60)
    assert third is not None
    assert (again, twice) == (None, None)


def test_a_claim_is_forgotten_in_time(redis: Redis) -> None:
    assert claims.claim_once(redis, ["ticket"], 1) != [None]
    time.sleep(1.1)
    assert claims.claim_once(redis, ["ticket"], 1) != [None]


def test_a_lost_reply_burns_no_ticket(redis: Redis, lossy: Lossy) -> None:
    assert claims.claim_once(lossy.redis, ["used"], 60) != [None]
    lossy.lose(1)
    first, again, twice, second = claims.claim_once(lossy.redis, ["one", "used", "one", "two"], 60)
    assert lossy.lost == 1 and redis.exists("once:one")
    assert first is not None and second is not None and first < second
    assert (again, twice) == (None, None)
    assert claims.claim_once(redis, ["one", "two"], 60) == [None, None]
