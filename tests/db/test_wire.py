"""The hot path's own connection to Redis."""

from __future__ import annotations

import pytest
from redis import Redis
from redis.exceptions import ConnectionError, ResponseError

from db.scripts import RECORD
from db.wire import exchange


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
