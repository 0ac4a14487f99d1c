"""NATS, Redis and PostgreSQL for one benchmark, as durable as in production, away from the measured core."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from scripts.benching.child import LOAD_CORE
from scripts.running.prepare import prepare
from scripts.servers import NatsServer, PostgresServer, RedisServer

__all__ = ["embedded"]


@contextmanager
def embedded(*, core: int | None = LOAD_CORE) -> Iterator[dict[str, str]]:
    """An environment that names three fresh servers, migrated and with their streams, pinned to `core`."""
    with tempfile.TemporaryDirectory(prefix="qw-bench-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)  # as root, PostgreSQL runs as somebody else and must get through
        nats, redis, postgres = (
            NatsServer(folder / "n"),
            RedisServer(folder / "r"),
            PostgresServer(folder / "p"),
        )
        servers = [nats, redis, postgres]
        try:
            for server in servers:
                server.start()
                if core is not None and hasattr(os, "sched_setaffinity"):
                    _pin(server.pid, core)
            environment = {"NATS_URL": nats.url, "REDIS_URL": redis.url, "DATABASE_URL": postgres.url}
            prepare(environment, own_streams=True)
            yield environment
        finally:
            for server in reversed(servers):
                server.stop()


def _pin(pid: int, core: int) -> None:
    """A process's threads, and its children; who has gone meanwhile needs no core."""
    process = psutil.Process(pid)
    for thread in process.threads():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(thread.id, {core})
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.cpu_affinity([core])
