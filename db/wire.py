"""A connection to Redis of each thread's own, for the hot path: redis-py's pool and pipeline cost more than the call."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from redis import Redis
from redis.exceptions import ResponseError

__all__ = ["exchange", "read"]


class _Kept(threading.local):
    """The connections of a thread, by the pool whose settings they have."""

    def __init__(self) -> None:
        self.connections: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


_kept = _Kept()


def exchange(redis: Redis, commands: Sequence[Sequence[Any]]) -> list[Any]:
    """Send all commands in one go and return the replies in order, errors of the server among them.

    All are sent once more when the connection is lost, as the pool would. Raises redis.ConnectionError or TimeoutError
    when it is not known what has run; the next call connects anew.
    """
    pool: Any = redis.connection_pool
    connection = _kept.connections.get(pool)
    if connection is None:
        connection = _kept.connections[pool] = pool.make_connection()

    def once() -> list[Any]:
        connection.send_packed_command(connection.pack_commands(commands))
        return [_reply(connection) for _ in commands]

    try:
        replies: list[Any] = connection.retry.call_with_retry(once, lambda error: connection.disconnect())
        return replies
    except BaseException:
        connection.disconnect()  # the answers to come would be taken for those of the next call
        raise


def read(redis: Redis, *commands: Sequence[Any]) -> list[Any]:
    """The replies to commands that change nothing, all at one moment. Raises redis.RedisError."""
    replies = exchange(redis, [("MULTI",), *commands, ("EXEC",)])
    _require_good(replies)
    found: list[Any] = replies[-1]
    _require_good(found)
    return found


def _require_good(replies: Sequence[Any]) -> None:
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply


def _reply(connection: Any) -> Any:
    try:
        return connection.read_response()
    except ResponseError as error:
        return error
