"""The hot path's own connection to Redis."""

from __future__ import annotations

import pytest
from redis import Redis
from redis.exceptions import ConnectionError, ResponseError

from db.scripts import RECORD
from db.wire import exchange, read


def test_replies_come_in_order_errors_among_them(redis: Redis) -> None:
    replies = exchange(redis, [("SET", "a", "1"), ("HGET", "a", "x"), ("GET", "a")])
    assert replies[0] == b"OK"
    assert isinstance(replies[1], ResponseError)
    assert replies[2] == b"1"


def test_it_connects_anew_after_it_was_cut_off(redis: Redis) -> None:
    exchange(redis, [("SET", "a", "1")])
    redis.execute_command("CLIENT", "KILL", "TYPE", "normal")
    with pytest.raises(ConnectionError):
        exchange(redis, [("GET", "a")])
    assert exchange(redis, [("GET", "a")]) == [b"1"]


def test_a_script_does_not_notice_that_it_was_cut_off_nor_that_it_was_forgotten(redis: Redis) -> None:
    call = [f"k{number}" for number in range(6)], [60, 0]
    assert RECORD.run_all(redis, [call, call]) == [None, None]
    redis.execute_command("CLIENT", "KILL", "TYPE", "normal")
    assert RECORD.run_all(redis, [call]) == [None]
    redis.script_flush()
    assert RECORD.run_all(redis, [call, call]) == [None, None]


def test_what_is_read_is_of_one_moment_and_does_not_notice_that_it_was_cut_off(redis: Redis) -> None:
    redis.hset("h", "a", "1")
    assert read(redis, ("HGET", "h", "a"), ("HVALS", "none")) == [b"1", []]
    redis.execute_command("CLIENT", "KILL", "TYPE", "normal")
    assert read(redis, ("HGET", "h", "a")) == [b"1"]


def test_what_cannot_be_read_raises_and_the_next_call_gets_its_own_reply(redis: Redis) -> None:
    redis.set("s", "text")
    with pytest.raises(ResponseError):
        read(redis, ("HGET", "s", "a"), ("GET", "s"))
    with pytest.raises(ResponseError):
        read(redis, ("HGET",))
    assert read(redis, ("GET", "s")) == [b"text"]
