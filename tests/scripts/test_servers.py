"""The embedded servers: start, stop, and pick up after a crash."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from pathlib import Path

import nats
import psutil
import psycopg2
import pytest
import redis as redis_client

from scripts.servers import NatsServer, PostgresServer, RedisServer, Server, ServerFailed

KINDS = [NatsServer, RedisServer, PostgresServer]
StartServer = Callable[[type[Server]], Server]


def write_and_read(server: Server, write: bool) -> None:
    """Store one value, or check that it is still there."""
    if isinstance(server, NatsServer):
        asyncio.run(_in_stream(server.url, write))
    elif isinstance(server, RedisServer):
        with redis_client.Redis.from_url(server.url) as client:
            if write:
                client.set("kept", "yes")
                client.execute_command("WAITAOF", 1, 0, 5000) if _has_waitaof(client) else _wait_for_fsync(
                    client
                )
            assert client.get("kept") == b"yes"
    else:
        with psycopg2.connect(server.url) as connection, connection.cursor() as cursor:
            if write:
                cursor.execute("CREATE TABLE kept AS SELECT 'yes' AS value")
            cursor.execute("SELECT value FROM kept")
            assert cursor.fetchone() == ("yes",)
        connection.close()


def _has_waitaof(client: redis_client.Redis) -> bool:
    return tuple(map(int, client.info("server")["redis_version"].split(".")[:2])) >= (7, 2)


def _wait_for_fsync(client: redis_client.Redis) -> None:
    """Without WAITAOF a rewrite is the way to know that everything so far is in the file."""
    client.bgrewriteaof()
    while client.info("persistence")["aof_rewrite_in_progress"]:
        pass


async def _in_stream(url: str, write: bool) -> None:
    connection = await nats.connect(url)
    js = connection.jetstream()
    if write:
        await js.add_stream(name="KEPT", subjects=["kept"])
        await js.publish("kept", b"yes")
    assert (await js.get_last_msg("KEPT", "kept")).data == b"yes"
    await connection.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_stopped_server_takes_up_its_data_on_the_same_port(
    start_server: StartServer, kind: type[Server]
) -> None:
    server = start_server(kind)
    url = server.url
    write_and_read(server, write=True)
    server.stop()
    assert not server.running

    again = kind(server.folder)
    again.start()
    try:
        assert again.url == url
        write_and_read(again, write=False)
    finally:
        again.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_server_heals_and_keeps_what_was_stored(
    start_server: StartServer, kind: type[Server]
) -> None:
    server = start_server(kind)
    write_and_read(server, write=True)
    server.kill()
    assert server.returncode == -9

    server.start()
    write_and_read(server, write=False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_orphaned_by_a_killed_run_is_stopped_by_the_next(
    start_server: StartServer, kind: type[Server]
) -> None:
    orphan = start_server(kind)
    write_and_read(orphan, write=True)

    next_run = kind(orphan.folder)
    next_run.start()
    try:
        assert not orphan.running
        assert orphan.returncode == 0
        write_and_read(next_run, write=False)
    finally:
        next_run.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_a_reused_process_id_is_left_alone(
    start_server: StartServer, kind: type[Server], run_folder: Path
) -> None:
    server = start_server(kind)
    server.stop()
    (server.folder / "pid").write_text(str(os.getpid()))
    if kind is PostgresServer:
        (server.folder / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{server.folder / 'data'}\n")

    server.start()

    assert psutil.Process().is_running()
    assert server.running


def test_a_killed_initdb_leaves_nothing_half_done(start_server: StartServer, run_folder: Path) -> None:
    folder = run_folder / "half-done"
    (folder / "data.new" / "base").mkdir(parents=True)
    folder.chmod(0o711)
    server = PostgresServer(folder)
    server.start()
    try:
        write_and_read(server, write=True)
    finally:
        server.stop()


@pytest.mark.parametrize("kind", KINDS)
def test_secrets_are_readable_by_their_owner_only(start_server: StartServer, kind: type[Server]) -> None:
    server = start_server(kind)
    assert len(server.password) >= 32
    for path in server.folder.iterdir():
        if path.is_file() and server.password in path.read_text(errors="replace"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_nobody_gets_in_without_the_password(
    nats_server: NatsServer, redis_server: RedisServer, postgres_server: PostgresServer
) -> None:
    with pytest.raises(redis_client.AuthenticationError):
        redis_client.Redis(port=redis_server.port).ping()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(f"postgresql://quizwire:wrong@127.0.0.1:{postgres_server.port}/quizwire")
    with pytest.raises(nats.errors.Error, match="Authorization"):
        asyncio.run(_connect_once(f"nats://127.0.0.1:{nats_server.port}"))


async def _connect_once(url: str) -> None:
    connection = await nats.connect(url, allow_reconnect=False, connect_timeout=2)
    await connection.close()


def test_redis_never_evicts(redis: redis_client.Redis) -> None:
    assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_start_that_fails_tells_what_the_server_said(run_folder: Path) -> None:
    server = RedisServer(run_folder / "broken")
    server.folder.mkdir()
    (server.folder / "data").mkdir()
    (server.folder / "data" / "appendonly.aof").write_text("not an append-only file")
    with pytest.raises(ServerFailed, match="Bad file format reading the append only file"):
        server.start()
    assert not server.running


@pytest.mark.parametrize(
    ("kind", "variable"),
    [(NatsServer, "NATS_URL"), (RedisServer, "REDIS_URL"), (PostgresServer, "DATABASE_URL")],
)
def test_a_server_that_is_too_old_is_refused(run_folder: Path, kind: type[Server], variable: str) -> None:
    class FromTheFuture(kind):  # type: ignore[misc, valid-type]
        minimum = (99, 0)

    with pytest.raises(ServerFailed, match=f"set {variable}"):
        FromTheFuture(run_folder / "old").start()
