"""The hot path's own connection to Redis."""

from __future__ import annotations

import pytest
from redis import Redis
from redis.exceptions import ConnectionError, ResponseError

from db import scoreboard
from db.scripts import RECORD
from db.wire import exchange, read
from tests.db.lossy import Lossy
from tests.db.test_scoreboard import SESSION, answer, seed


def test_replies_come_in_order_errors_among_them(redis: Redis) -> None:
    replies = exchange(redis, [("SET", "a", "1"), ("HGET", "a", "x"), ("GET", "a")])
    assert replies[0] == b"OK"
    assert isinstance(replies[1], ResponseError)
    assert replies[2] == b"1"


def test_answers_whose_reply_is_lost_are_scored_once(redis: Redis, lossy: Lossy) -> None:
    seed(redis, "ann")
    scoreboard.record(lossy.redis, SESSION, [answer("ann", "q1")])
    lossy.lose(1)
    recorded = scoreboard.record(lossy.redis, SESSION, [answer("ann", "q2", points=7)])
    assert recorded is not None and lossy.lost == 1
    assert (recorded.version, recorded.stored[0].score) == (4, 107), "it ran twice and counts once"


def test_it_connects_anew_when_it_is_cut_off_and_asks_again_once(lossy: Lossy) -> None:
    exchange(lossy.redis, [("SET", "a", "1")])
    lossy.lose(1)
    assert exchange(lossy.redis, [("APPEND", "a", "2"), ("GET", "a")]) == [3, b"122"], "it had run"
    lossy.lose(100)
    with pytest.raises(ConnectionError):
        exchange(lossy.redis, [("GET", "a")])
    lossy.lose(0)
    assert exchange(lossy.redis, [("GET", "a")]) == [b"122"]


def test_a_script_does_not_notice_that_it_was_cut_off_nor_that_it_was_forgotten(
    redis: Redis, lossy: Lossy
) -> None:
    call = [f"k{number}" for number in range(6)], [60, 0]
    assert RECORD.run_all(lossy.redis, [call, call]) == [None, None]
    lossy.lose(1)
    assert RECORD.run_all(lossy.redis, [call]) == [None]
    redis.script_flush()
    assert RECORD.run_all(lossy.redis, [call, call]) == [None, None]


def test_what_is_read_is_of_one_moment_and_does_not_notice_that_it_was_cut_off(lossy: Lossy) -> None:
    lossy.redis.hset("h", "a", "1")
    assert read(lossy.redis, ("HGET", "h", "a"), ("HVALS", "none")) == [b"1", []]
    lossy.lose(1)
    assert read(lossy.redis, ("HGET", "h", "a")) == [b"1"]


def test_what_cannot_be_read_raises_and_the_next_call_gets_its_own_reply(redis: Redis) -> None:
    redis.set("s", "text")
    with pytest.raises(ResponseError):
        read(redis, ("HGET", "s", "a"), ("GET", "s"))
    with pytest.raises(ResponseError):
        read(redis, ("HGET",))
    assert read(redis, ("GET", "s")) == [b"text"]
