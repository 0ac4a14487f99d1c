"""The pool is bounded, and lives through a restart of PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from peewee import OperationalError

from db import answers, checks, migrate, users
from db import pool as pool_module
from db.answers import AnswerRow
from db.errors import ServerUnsuitable, Unavailable
from db.ids import new_id
from db.models import database
from db.pool import Pool
from scripts.servers import PostgresServer

Call = Callable[..., Any]


def one() -> int:
    return int(database.execute_sql("SELECT 1").fetchone()[0])


async def test_more_calls_than_connections_wait_for_their_turn(database_url: str) -> None:
    pool = Pool(database_url, size=2)

    def slow() -> int:
        database.execute_sql("SELECT pg_sleep(0.05)")
        return int(
            database.execute_sql(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            ).fetchone()[0]
        )

    try:
        counts = await asyncio.gather(*(pool.run(slow) for _ in range(10)))
    finally:
        pool.close()
    assert max(counts) <= 2


def test_a_connection_goes_back_when_the_function_raises(database_url: str) -> None:
    pool = Pool(database_url, size=1)

    def fail() -> None:
        one()
        raise RuntimeError("no")

    for _ in range(3):
        with pytest.raises(RuntimeError):
            pool.call(fail)
    assert pool.call(one) == 1
    pool.close()


def test_without_a_free_connection_the_store_is_unavailable(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_module, "WAIT_FOR_CONNECTION_S", 0.1)
    pool = Pool(database_url, size=1)
    taken, done = threading.Event(), threading.Event()

    def hold() -> None:
        one()
        taken.set()
        done.wait(10)

    holder = threading.Thread(target=pool.call, args=(hold,))
    holder.start()
    taken.wait(10)
    with pytest.raises(Unavailable, match="busy"):
        pool.call(one)
    done.set()
    holder.join()
    assert pool.call(one) == 1
    pool.close()


def test_a_call_within_a_call_shares_the_connection(pool: Pool) -> None:
    def backend() -> int:
        return int(database.execute_sql("SELECT pg_backend_pid()").fetchone()[0])

    def outer() -> tuple[int, int, int]:
        return backend(), pool.call(backend), backend()

    assert len(set(pool.call(outer))) == 1


def test_every_wait_has_a_limit(pool: Pool) -> None:
    def settings() -> dict[str, str]:
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "TimeZone")
        return {name: database.execute_sql(f"SHOW {name}").fetchone()[0] for name in names}

    assert pool.call(settings) == {
        "statement_timeout": "30s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "1min",
        "TimeZone": "UTC",
    }


def test_an_error_of_a_query_is_not_taken_for_a_lost_connection(pool: Pool) -> None:
    calls = []

    def too_slow() -> None:
        calls.append(1)
        database.execute_sql("SET statement_timeout = 10; SELECT pg_sleep(5)")

    with pytest.raises(OperationalError, match="statement timeout"):
        pool.call(too_slow)
    assert calls == [1]


def test_a_connection_killed_in_a_transaction_means_the_whole_function_again(pool: Pool) -> None:
    killed: list[int] = []

    def create() -> dict[str, Any]:
        with database.atomic():
            user = users.create("a@example.org", "hash", "A")
            if not killed:
                killed.append(1)
                database.execute_sql("SELECT pg_terminate_backend(pg_backend_pid())")
            return user

    user = pool.call(create)
    assert pool.call(users.by_email, "a@example.org")["id"] == user["id"]


def test_a_connection_killed_before_a_copy_means_the_whole_function_again(pool: Pool) -> None:
    killed: list[int] = []
    row = AnswerRow(new_id(), new_id(), new_id(), "1", "A", True, 5, 1_700_000_000_000, 0, "flat/1")

    def insert() -> list[AnswerRow]:
        if not killed:
            killed.append(1)
            with pytest.raises(OperationalError):
                database.execute_sql("SELECT pg_terminate_backend(pg_backend_pid())")
        return answers.insert_many([row])

    assert pool.call(insert) == []
    assert pool.call(answers.of_session, row.session_id) == [row]


@pytest.mark.timeout(60)
def test_the_pool_recovers_from_a_restart_in_mid_use(start_server: Callable[[type], Any]) -> None:
    server: PostgresServer = start_server(PostgresServer)
    migrate.up(server.url)
    pool = Pool(server.url, size=3)
    stop = threading.Event()
    stored: list[AnswerRow] = []
    failed: list[BaseException] = []

    def insert_until_stopped() -> None:
        while not stop.is_set():
            row = AnswerRow(new_id(), new_id(), new_id(), "1", "A", True, 5, 1_700_000_000_000, 0, "flat/1")
            while not stop.is_set():
                try:
                    pool.call(answers.insert_many, [row])
                except Unavailable:
                    time.sleep(0.05)
                except BaseException as error:
                    failed.append(error)
                    return
                else:
                    stored.append(row)
                    break

    writers = [threading.Thread(target=insert_until_stopped) for _ in range(3)]
    for writer in writers:
        writer.start()
    _until(lambda: len(stored) > 20)
    server.restart()
    before = len(stored)
    _until(lambda: len(stored) > before + 20)
    stop.set()
    for writer in writers:
        writer.join()
    assert failed == []
    for row in stored:
        assert pool.call(answers.of_session, row.session_id) == [row]
    pool.close()


def test_without_postgresql_what_needs_redis_only_still_works(start_server: Callable[[type], Any]) -> None:
    server: PostgresServer = start_server(PostgresServer)
    pool = Pool(server.url, size=1)
    assert pool.call(one) == 1
    server.stop()
    assert pool.call(lambda: "no query") == "no query"
    with pytest.raises(Unavailable):
        pool.call(one)
    with pytest.raises(Unavailable):
        checks.check_postgres(server.url)
    pool.close()


def test_ids_are_text_and_times_are_aware(pool: Pool, host: dict[str, Any]) -> None:
    row = pool.call(lambda: database.execute_sql("SELECT id, created_at FROM users").fetchone())
    assert row[0] == host["id"]
    assert row[1].utcoffset().total_seconds() == 0


def test_the_embedded_postgresql_is_suitable(database_url: str) -> None:
    checks.check_postgres(database_url)
    checks.check_postgres(database_url.replace("postgresql://", "postgres://"))


def test_an_old_postgresql_is_refused(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "POSTGRES_MIN", 990000)
    with pytest.raises(ServerUnsuitable, match="14 or newer"):
        checks.check_postgres(database_url)


def test_redis_must_not_evict(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    checks.check_redis(redis)
    redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(ServerUnsuitable, match="noeviction"):
            checks.check_redis(redis)
    finally:
        redis.config_set("maxmemory-policy", "noeviction")
    monkeypatch.setattr(checks, "REDIS_MIN", (99, 0))
    with pytest.raises(ServerUnsuitable, match=r"6\.2 or newer"):
        checks.check_redis(redis)


def _until(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "took too long"
        time.sleep(0.02)
