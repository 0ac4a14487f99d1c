"""Connecting to Redis, which may have lost what PostgreSQL holds.

A Redis that was restarted, or a replica that took over, may come back with older data: its snapshot, or all but the
last second of its log. It would answer as if nothing had happened, under the same epoch. So every connection first
compares the server's run id with the one that the data was written under; when they differ, the data is dropped, and
live sessions are rebuilt from PostgreSQL when they are next touched. The database must be Quizwire's alone.

A call whose connection is lost is sent once more, over a new one: nobody knows whether it ran. So whatever changes Redis
must not mind running twice. Scripts are written so, locks and claims are taken with an id that the second time is found,
and what is added to a set or taken out of it has a name. Two things are counted twice: a wrong join code, which is no
harm, and a version of the leaderboard, whose missing delta has rooms load it afresh.
"""

from __future__ import annotations

from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError, RedisError
from redis.retry import Retry

__all__ = ["connect_redis"]

RUN_KEY = "quizwire:run"

_ADOPT = """
local known = redis.call('GET', KEYS[1])
if known == ARGV[1] then
  return 0
end
if known then
  redis.call('FLUSHDB')
end
redis.call('SET', KEYS[1], ARGV[1])
return known and 1 or 0
"""


def connect_redis(url: str) -> Redis:
    """A client whose every connection makes sure that the data is of this run of the server. Replies are bytes."""
    return Redis.from_url(
        url,
        socket_timeout=5,
        socket_connect_timeout=2,
        redis_connect_func=_greet,
        retry=Retry(NoBackoff(), 1, (ConnectionError,)),
    )


def _greet(connection: Any) -> None:
    connection.on_connect()
    connection.send_command("INFO", "server")
    run_id = _run_id(connection.read_response())
    connection.send_command("EVAL", _ADOPT, 1, RUN_KEY, run_id)
    connection.read_response()


def _run_id(info: bytes | str) -> str:
    text = info.decode() if isinstance(info, bytes) else info
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name == "run_id":
            return value
    raise RedisError("INFO server tells no run_id")
