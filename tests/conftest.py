"""Real servers for every test run: own processes, free ports, a short temporary folder, nothing left behind."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TypeVar

import psutil
import psycopg2
import pytest
import redis as redis_client

from scripts.servers import NatsServer, PostgresServer, RedisServer, Server

AnyServer = TypeVar("AnyServer", bound=Server)
StartServer = Callable[[type[Server]], Server]

TEMPORARY = Path("/tmp")
"""Not TMPDIR: macOS has one so long that socket paths in it break."""

_numbers = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`scripts/fuzz` asks for more."""
    parser.addoption(
        "--fuzz-seconds", dest="fuzz_seconds", type=int, default=7, help="per role; 7 unless given"
    )


@pytest.fixture(scope="session")
def run_folder() -> Iterator[Path]:
    """The folder of this test run, named after its process so that the next run can clear away a killed one."""
    _clear_killed_runs()
    folder = Path(tempfile.mkdtemp(prefix=f"qw-{os.getpid()}-", dir=TEMPORARY))
    folder.chmod(0o711)  # as root, PostgreSQL runs as somebody else and must get through
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def nats_server(run_folder: Path) -> Iterator[NatsServer]:
    """The run's NATS. Tests that stop or kill a server take `start_server` instead."""
    yield from _serve(NatsServer(run_folder / "nats", durable=False))


@pytest.fixture(scope="session")
def redis_server(run_folder: Path) -> Iterator[RedisServer]:
    """The run's Redis."""
    yield from _serve(RedisServer(run_folder / "redis", durable=False))


@pytest.fixture(scope="session")
def postgres_server(run_folder: Path) -> Iterator[PostgresServer]:
    """The run's PostgreSQL."""
    yield from _serve(PostgresServer(run_folder / "postgres", durable=False))


@pytest.fixture
def start_server(run_folder: Path) -> Iterator[StartServer]:
    """`start_server(RedisServer)` starts one for this test alone, durable as in production, stopped afterwards."""
    started: list[Server] = []

    def start(kind: type[Server]) -> Server:
        server = kind(run_folder / f"own-{next(_numbers)}")
        started.append(server)
        server.start()
        return server

    yield start
    for server in reversed(started):
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture
def nats_url(nats_server: NatsServer) -> str:
    """URL of the run's NATS; streams are shared by the whole run, so purge what you count."""
    return nats_server.url


@pytest.fixture
def redis_url(redis_server: RedisServer, redis: redis_client.Redis) -> str:
    """URL of the run's Redis, emptied."""
    return redis_server.url


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[redis_client.Redis]:
    """A client of the run's Redis, emptied; replies are bytes."""
    with redis_client.Redis.from_url(redis_server.url) as client:
        client.flushall()
        yield client


@pytest.fixture(scope="session")
def template_database(postgres_server: PostgresServer) -> str:
    """Name of a migrated database without rows, which `database_url` copies."""
    from db import migrate

    _execute(postgres_server, 'CREATE DATABASE "template_quizwire"')
    migrate.up(postgres_server.url_of("template_quizwire"))
    return "template_quizwire"


@pytest.fixture
def database_url(postgres_server: PostgresServer, template_database: str) -> Iterator[str]:
    """URL of a migrated database without rows, for this test alone."""
    name = f"test_{next(_numbers)}"
    _execute(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE "{template_database}"')
    yield postgres_server.url_of(name)
    _execute(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def empty_database_url(postgres_server: PostgresServer) -> Iterator[str]:
    """URL of a database without any table, for this test alone."""
    name = f"test_{next(_numbers)}"
    _execute(postgres_server, f'CREATE DATABASE "{name}"')
    yield postgres_server.url_of(name)
    _execute(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _serve(server: AnyServer) -> Iterator[AnyServer]:
    server.start()
    yield server
    server.stop()


def _execute(server: PostgresServer, statement: str) -> None:
    connection = psycopg2.connect(server.url_of("postgres"))
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def _clear_killed_runs() -> None:
    """Stop the servers and remove the folders of earlier runs of this user whose process is gone."""
    for folder in TEMPORARY.glob("qw-*-*"):
        pid = folder.name.split("-")[1]
        with suppress(FileNotFoundError):  # another run clears it away at the same time
            if not pid.isdigit() or psutil.pid_exists(int(pid)) or folder.stat().st_uid != os.geteuid():
                continue
            for server_folder in folder.iterdir():
                for kind in (NatsServer, RedisServer, PostgresServer):
                    kind(server_folder).stop_orphan()
            shutil.rmtree(folder, ignore_errors=True)
