"""Wrong join codes are counted by address, right ones never."""

from __future__ import annotations

from redis import Redis

from db import guesses


def test_too_many_wrong_codes_close_an_address_for_a_while(redis: Redis) -> None:
    for number in range(guesses.MAX_MISSES):
        assert guesses.look(redis, "192.0.2.1", f"{number:06d}")[0] == 0
        guesses.miss(redis, "192.0.2.1")
    assert 0 < guesses.look(redis, "192.0.2.1", "123456")[0] <= guesses.WINDOW_S
    assert guesses.look(redis, "192.0.2.2", "123456")[0] == 0


def test_a_miss_does_not_prolong_the_wait(redis: Redis) -> None:
    guesses.miss(redis, "192.0.2.1")
    (key,) = redis.keys("guesses:*")
    redis.expire(key, 5)
    guesses.miss(redis, "192.0.2.1")
    assert redis.get(key) == b"2" and 0 < redis.ttl(key) <= 5


def test_a_code_that_was_right_stays_open_to_the_address(redis: Redis) -> None:
    guesses.hit(redis, "192.0.2.1", "123456")
    for _ in range(guesses.MAX_MISSES):
        guesses.miss(redis, "192.0.2.1")
    assert guesses.look(redis, "192.0.2.1", "123456")[0] == 0
    assert guesses.look(redis, "192.0.2.1", "654321")[0] > 0
    assert guesses.look(redis, "192.0.2.2", "123456")[0] == 0
