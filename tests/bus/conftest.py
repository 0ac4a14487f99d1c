"""A NATS server per test module, and brokers, workers and `dramatiq` processes on it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import dramatiq
import pytest
from dramatiq.middleware import Retries
from nats.js.errors import ServerError

from bus import streams
from bus.broker import JetStreamBroker
from bus.connection import Connection
from scripts.servers import NatsServer

_numbers = count(1)
PATIENCE_S = 40.0


@pytest.fixture(scope="module")
def nats(run_folder: Path) -> Iterator[NatsServer]:
    """A server of this module's own, as durable as in production; may be killed and started again."""
    server = NatsServer(run_folder / f"bus-{next(_numbers)}")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def connection(nats: NatsServer) -> Iterator[Connection]:
    """A connection to a server with empty streams and no consumers."""
    connection = Connection(nats.url, name="test")

    async def start_afresh() -> None:
        js = connection.client.jetstream()
        for info in await js.streams_info():
            await js.delete_stream(str(info.config.name))
        for _ in range(50):
            try:
                return await streams.ensure(connection.client)
            except ServerError:  # the server has not cleared the folder of the deleted stream yet
                await asyncio.sleep(0.1)

    connection.run(start_afresh())
    yield connection
    connection.close()


@pytest.fixture
def broker(connection: Connection) -> JetStreamBroker:
    """A broker with quick retries: three, 100 ms to 2 s apart."""
    retries = Retries(max_retries=3, min_backoff=100, max_backoff=2000)
    return JetStreamBroker(connection, middleware=[retries], ack_wait_s=2.0)


@contextmanager
def working(
    broker: JetStreamBroker, threads: int = 2, queues: set[str] | None = None
) -> Iterator[dramatiq.Worker]:
    """A worker in this process."""
    worker = dramatiq.Worker(broker, worker_threads=threads, worker_timeout=50, queues=queues)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()
        for consumer in worker.consumers.values():
            consumer.join(5)


def until(condition: Callable[[], Any], what: str = "it") -> Any:
    """Wait for something to become true and return it; fail after a long while."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if outcome := condition():
            return outcome
        time.sleep(0.02)
    raise AssertionError(f"waited {PATIENCE_S:g} s in vain for {what}")


def stored(connection: Connection, stream: str) -> list[tuple[str, bytes, dict[str, str]]]:
    """`(subject, payload, headers)` of every message that a stream holds."""

    async def read() -> list[tuple[str, bytes, dict[str, str]]]:
        js = connection.client.jetstream()
        state = (await js.stream_info(stream)).state
        found = []
        for sequence in range(state.first_seq, state.last_seq + 1):
            try:
                message = await js.get_msg(stream, sequence)
            except Exception:
                continue
            found.append((str(message.subject), message.data or b"", dict(message.headers or {})))
        return found

    return connection.run(read())


def dead_letters(connection: Connection) -> list[tuple[str, bytes, dict[str, str]]]:
    """`stored` of the dead letters."""
    return stored(connection, "DEAD_LETTERS")


class Journal:
    """What actors in other processes wrote down: one JSON list `[pid, word, …]` per line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def lines(self, word: str | None = None) -> list[list[Any]]:
        """All lines so far, or those whose word is `word`."""
        lines = [json.loads(line) for line in self.path.read_text().splitlines() if line.endswith("]")]
        return [line for line in lines if word is None or line[1] == word]


class Pool:
    """The real `dramatiq` command on tests/bus/actors.py, in a process group of its own."""

    def __init__(
        self, environment: dict[str, str], log: Path, queues: tuple[str, ...], processes: int, threads: int
    ):
        command = [sys.executable, "-m", "dramatiq", "actors:broker", "--path", str(Path(__file__).parent)]
        command += ["--processes", str(processes), "--threads", str(threads)]
        if queues:
            command += ["-Q", *queues]
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **environment},
                cwd=Path(__file__).parents[2],
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def terminate(self) -> None:
        """SIGTERM, as a supervisor does; does not wait."""
        self.process.terminate()

    def wait(self) -> int:
        """Wait for the end; the exit code."""
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        """SIGKILL to the command and all its workers."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """An empty journal."""
    return Journal(tmp_path / "journal")


@pytest.fixture
def start_pool(
    nats: NatsServer, connection: Connection, journal: Journal, tmp_path: Path
) -> Iterator[Callable[..., Pool]]:
    """`start_pool("queue", …, processes=1, threads=1, ack_wait_s=2.0)` starts workers; killed at the end."""
    pools: list[Pool] = []

    def start(*queues: str, processes: int = 1, threads: int = 1, ack_wait_s: float = 2.0) -> Pool:
        environment = {
            "TEST_NATS_URL": nats.url,
            "TEST_JOURNAL": str(journal.path),
            "TEST_ACK_WAIT_S": str(ack_wait_s),
            "dramatiq_worker_timeout": "100",
        }
        pools.append(Pool(environment, tmp_path / "dramatiq.log", queues, processes, threads))
        return pools[-1]

    yield start
    for pool in pools:
        pool.kill()
