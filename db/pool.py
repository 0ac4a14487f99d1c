"""Connections to PostgreSQL: a bounded pool for plain synchronous functions, from threads or from asyncio."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar

import psycopg2
import psycopg2.extensions
from peewee import InterfaceError, OperationalError
from playhouse.pool import MaxConnectionsExceeded, PooledPostgresqlDatabase

from db import metrics, models
from db.errors import Unavailable

__all__ = ["CONNECT", "Pool", "normal_url"]

_P = ParamSpec("_P")
_T = TypeVar("_T")
_log = logging.getLogger(__name__)

logging.getLogger("peewee").setLevel(logging.INFO)
# At debug it writes out every query with its values: addresses, hashes, what people wrote.

WAIT_FOR_CONNECTION_S = 10

CONNECT: dict[str, Any] = {
    # psycopg2 blocks in C where no time limit of Python reaches it: every wait gets its limit from the server or TCP.
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # ms
    "application_name": "quizwire",
}
_SETTINGS = (
    "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000 "
    "-c timezone=UTC -c client_min_messages=warning"
)

# By type number in PostgreSQL. Without these, uuid columns are uuid.UUID (peewee registers that) and bytea
# columns are memoryviews.
_UUID_AS_TEXT = psycopg2.extensions.new_type((2950,), "UUID_AS_TEXT", lambda value, cursor: value)
_BYTEA_AS_BYTES = psycopg2.extensions.new_type(
    (17,),
    "BYTEA_AS_BYTES",
    lambda value, cursor: None if value is None else bytes(psycopg2.BINARY(value, cursor)),
)


class _Cursor(psycopg2.extensions.cursor):
    """Measures every statement, peewee's and our own."""

    def execute(self, query: Any, vars: Any = None) -> None:
        started_at = time.perf_counter()
        try:
            super().execute(query, vars)
        finally:
            metrics.statement_kind(query).observe(time.perf_counter() - started_at)

    def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
        started_at = time.perf_counter()
        try:
            super().copy_expert(sql, file, size)
        finally:
            metrics.statement_kind(sql).observe(time.perf_counter() - started_at)


class _Database(PooledPostgresqlDatabase):
    def _connect(self) -> Any:
        connection = super()._connect()
        connection.cursor_factory = _Cursor
        for kind in (_UUID_AS_TEXT, _BYTEA_AS_BYTES):
            psycopg2.extensions.register_type(kind, connection)
        return connection


class _ConnectionLost(Exception):
    """There is no connection, or it was dead when it was used."""


_LOST = (OperationalError, InterfaceError, psycopg2.OperationalError, psycopg2.InterfaceError)


class Pool:
    """At most `size` connections, opened when first needed, and as many threads for `run`.

    Opening a pool binds the models to it: one pool per process. Do not use it before a fork.
    """

    def __init__(self, url: str, size: int = 8) -> None:
        self.size = size
        self.database: Any = _Database(  # type: ignore[no-untyped-call]
            normal_url(url),
            max_connections=size,
            timeout=WAIT_FOR_CONNECTION_S,
            options=_SETTINGS,
            **CONNECT,
        )
        self._executor = ThreadPoolExecutor(size, thread_name_prefix="db")
        self._calls = threading.local()
        models.database.initialize(self.database)
        metrics.POOL_SIZE.set(size)
        metrics.POOL_IN_USE.set_function(lambda: len(self.database._in_use))

    async def run(self, fn: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """`call` in one of the pool's threads: never blocks the event loop."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, partial(self.call, fn, *args, **kwargs))

    def call(self, fn: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Call `fn`; what it asks of PostgreSQL uses one connection, which goes back to the pool afterwards.

        The connection is taken at the first query: a function that needs Redis only works while PostgreSQL is
        away. A call within a call shares the connection. When the connection turns out to be dead (PostgreSQL
        was restarted), all idle ones are dropped and the whole of `fn` is called once more, so it must be safe
        to repeat. Raises Unavailable when that fails too, or when no connection gets free within ten seconds.
        """
        try:
            return self._once(fn, *args, **kwargs)
        except _ConnectionLost as lost:
            if self._depth:
                raise  # a call within a call: the outer one starts again
            _log.warning("connection to PostgreSQL lost, trying again: %s", lost)
            metrics.LOST_CONNECTIONS.inc()
            self.database.close_idle()
        try:
            return self._once(fn, *args, **kwargs)
        except _ConnectionLost as lost:
            raise Unavailable(f"PostgreSQL does not answer: {lost}") from lost

    def close(self) -> None:
        """Wait for running calls and close all connections."""
        self._executor.shutdown(wait=True)
        self.database.close_all()

    @property
    def _depth(self) -> int:
        return getattr(self._calls, "depth", 0)

    def _once(self, fn: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        depth = self._depth
        self._calls.depth = depth + 1
        try:
            return fn(*args, **kwargs)
        except MaxConnectionsExceeded as error:
            metrics.POOL_EXHAUSTED.inc()
            raise Unavailable(f"all {self.size} connections to PostgreSQL are busy") from error
        except _LOST as error:
            # Still closed: connecting failed.
            if self.database.is_closed() or self.database.connection().closed:
                raise _ConnectionLost(str(error).strip()) from error
            raise
        finally:
            self._calls.depth = depth
            if depth == 0 and not self.database.is_closed():
                self.database.close()


def normal_url(url: str) -> str:
    """`postgres://` → `postgresql://`: peewee knows one spelling only."""
    return "postgresql://" + url.removeprefix("postgres://") if url.startswith("postgres://") else url
