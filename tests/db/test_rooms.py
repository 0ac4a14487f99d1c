"""Who has a room."""

from __future__ import annotations

import redis as redis_client

from db import rooms


def test_a_node_is_known_from_when_it_says_so_until_it_has_gone(redis: redis_client.Redis) -> None:
    assert rooms.nodes(redis, "s1") == set()
    rooms.here(redis, "s1", "a")
    rooms.here(redis, "s1", "b")
    rooms.here(redis, "s2", "c")
    assert rooms.nodes(redis, "s1") == {"a", "b"}
    rooms.gone(redis, "s1", "a")
    assert rooms.nodes(redis, "s1") == {"b"}


def test_a_node_that_died_is_forgotten(redis: redis_client.Redis) -> None:
    rooms.here(redis, "s1", "alive")
    rooms.here(redis, "s1", "dead")
    redis.zincrby(rooms._key("s1"), -rooms.FORGOTTEN_S - 2, "dead")
    assert rooms.nodes(redis, "s1") == {"alive"}
