"""What no process knows alone: queues, streams, Redis, PostgreSQL, disk, certificates. Asked by the control workers.

Several control workers tell the same: dashboards and alerts take the largest. What could not be asked is not told, and
`quizwire_dependency_up` says so.
"""

from __future__ import annotations

import shutil
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import redis
import structlog
from cryptography.x509 import load_der_x509_certificate
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bus import queues, subjects
from bus.asking import ask
from bus.connection import Connection
from db import statistics
from db.pool import Pool

__all__ = ["FAMILIES", "Census"]

EVERY_S = 5.0
CERTIFICATES_EVERY_S = 300.0
CERTIFICATE_TIMEOUT_S = 3.0

_KINDS = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily}
FAMILIES: dict[str, tuple[str, str, list[str]]] = {
    "quizwire_dependency_up": ("gauge", "1 when the control workers could ask it", ["name"]),
    "quizwire_queue_depth": (
        "gauge",
        "Messages of a queue that are not done, those in work included",
        ["queue"],
    ),
    "quizwire_queue_oldest_seconds": (
        "gauge",
        "Age of the oldest message of a queue, waiting or in work",
        ["queue"],
    ),
    "quizwire_queue_in_flight": ("gauge", "Messages in the hands of workers", ["queue"]),
    "quizwire_queue_redelivered": (
        "gauge",
        "Messages in the hands of workers that were delivered before",
        ["queue"],
    ),
    "quizwire_queue_paused": (
        "gauge",
        "1 while a queue is paused: it takes messages and hands none out",
        ["queue"],
    ),
    "quizwire_dead_letters": ("gauge", "Dead letters that are kept, by the queue they come from", ["queue"]),
    "quizwire_stream_messages": ("gauge", "Messages in a stream", ["stream"]),
    "quizwire_stream_bytes": ("gauge", "Size of a stream", ["stream"]),
    "quizwire_jetstream_storage_bytes": ("gauge", "Disk that JetStream uses for this account", []),
    "quizwire_jetstream_storage_limit_bytes": (
        "gauge",
        "Disk that JetStream may use for this account; absent without a limit",
        [],
    ),
    "quizwire_redis_memory_bytes": ("gauge", "Memory that Redis uses", []),
    "quizwire_redis_memory_limit_bytes": (
        "gauge",
        "Memory that Redis may use: maxmemory, else the machine's",
        [],
    ),
    "quizwire_redis_clients": ("gauge", "Connections to Redis", []),
    "quizwire_redis_keyspace_hits": ("counter", "Keys looked up in Redis and found", []),
    "quizwire_redis_keyspace_misses": ("counter", "Keys looked up in Redis and not found", []),
    "quizwire_redis_commands": ("counter", "Commands that Redis has run", []),
    "quizwire_redis_evicted_keys": (
        "counter",
        "Keys that Redis has thrown away for want of memory: must stay 0",
        [],
    ),
    "quizwire_postgres_connections": ("gauge", "Connections to the database, by what they do", ["state"]),
    "quizwire_postgres_connections_limit": ("gauge", "max_connections of PostgreSQL", []),
    "quizwire_postgres_database_bytes": ("gauge", "Size of the database", []),
    "quizwire_sessions": ("gauge", "Sessions that have not ended, by state", ["state"]),
    "quizwire_disk_free_bytes": ("gauge", "Free space where a folder of ours lies", ["folder"]),
    "quizwire_disk_size_bytes": ("gauge", "Size of the disk where a folder of ours lies", ["folder"]),
    "quizwire_certificate_expires_timestamp_seconds": (
        "gauge",
        "When a TLS certificate ends, of each place in QUIZWIRE_CERTIFICATES",
        ["place"],
    ),
}

log = structlog.get_logger(__name__)


class Found:
    """Families as one source filled them."""

    def __init__(self) -> None:
        self.families: dict[str, Any] = {}

    def add(self, name: str, value: float, *labels: str) -> None:
        """One sample."""
        if name not in self.families:
            self.families[name] = _family(name)
        self.families[name].add_metric(labels, value)


class Census(Collector):
    """Asks every five seconds, in a thread of its own, and tells what it heard last."""

    def __init__(
        self,
        connection: Connection,
        client: redis.Redis,
        pool: Pool,
        blobs: str,
        certificates: tuple[str, ...] = (),
    ) -> None:
        self._connection = connection
        self._redis = client
        self._pool = pool
        self._folder = blobs.removeprefix("file://")
        self._certificates = certificates
        self._expiry: dict[str, float] = {}
        self._expiry_due = 0.0
        self._told: dict[str, Found] = {}
        self._up: dict[str, bool] = {}

    def describe(self) -> Iterator[Metric]:
        """Every family there may be, empty."""
        for name in FAMILIES:
            yield _family(name)

    def collect(self) -> Iterator[Metric]:
        """What was heard last."""
        up = _family("quizwire_dependency_up")
        for name, is_up in list(self._up.items()):
            up.add_metric([name], float(is_up))
        yield up
        for found in list(self._told.values()):
            yield from found.families.values()

    def start(self) -> None:
        """Ask from now on."""
        threading.Thread(target=self._run, name="census", daemon=True).start()

    def _run(self) -> None:
        while True:
            self.ask()
            time.sleep(EVERY_S)

    def ask(self) -> None:
        """Ask everybody once."""
        sources: dict[str, Callable[[Found], None]] = {
            "nats": lambda found: self._connection.run(self._ask_nats(found), timeout_s=EVERY_S),
            "redis": self._ask_redis,
            "postgres": self._ask_postgres,
        }
        if "://" not in self._folder:
            sources["disk"] = self._ask_disk
        if self._certificates:
            sources["certificates"] = self._ask_certificates
        for name, look in sources.items():
            found = Found()
            try:
                look(found)
            except Exception as error:
                if self._up.get(name) is not False:
                    log.warning("census_without", source=name, error=type(error).__name__)
                self._up[name] = False
                self._told.pop(name, None)
            else:
                self._up[name] = True
                self._told[name] = found

    async def _ask_nats(self, found: Found) -> None:
        client = self._connection.client
        for queue in await queues.survey(client):
            found.add("quizwire_queue_depth", queue.depth, queue.name)
            found.add("quizwire_queue_in_flight", queue.in_flight, queue.name)
            found.add("quizwire_queue_redelivered", queue.redelivered, queue.name)
            found.add("quizwire_queue_paused", queue.paused, queue.name)
            found.add("quizwire_queue_oldest_seconds", queue.oldest_age_s or 0.0, queue.name)
            found.add("quizwire_dead_letters", queue.dead_letters, queue.name)
        for stream in (subjects.SUBMISSIONS, subjects.TASKS, subjects.EVENTS, subjects.DEAD_LETTERS):
            state = (await ask(client, f"STREAM.INFO.{stream}", {}))["state"]
            found.add("quizwire_stream_messages", state["messages"], stream)
            found.add("quizwire_stream_bytes", state["bytes"], stream)
        account = await ask(client, "INFO", {})
        found.add("quizwire_jetstream_storage_bytes", account["storage"])
        if (limit := account["limits"]["max_storage"]) > 0:
            found.add("quizwire_jetstream_storage_limit_bytes", limit)

    def _ask_redis(self, found: Found) -> None:
        info: dict[str, Any] = self._redis.info()
        found.add("quizwire_redis_memory_bytes", info["used_memory"])
        limit = info.get("maxmemory") or info.get("total_system_memory")
        if limit:
            found.add("quizwire_redis_memory_limit_bytes", limit)
        found.add("quizwire_redis_clients", info["connected_clients"])
        found.add("quizwire_redis_keyspace_hits", info["keyspace_hits"])
        found.add("quizwire_redis_keyspace_misses", info["keyspace_misses"])
        found.add("quizwire_redis_commands", info["total_commands_processed"])
        found.add("quizwire_redis_evicted_keys", info["evicted_keys"])

    def _ask_postgres(self, found: Found) -> None:
        now = self._pool.call(statistics.read)
        for state, count in now.connections.items():
            found.add("quizwire_postgres_connections", count, state)
        found.add("quizwire_postgres_connections_limit", now.max_connections)
        found.add("quizwire_postgres_database_bytes", now.database_bytes)
        for state, count in now.sessions.items():
            found.add("quizwire_sessions", count, state)

    def _ask_disk(self, found: Found) -> None:
        folder = Path(self._folder).absolute()
        while not folder.exists():  # it is made for the first upload
            folder = folder.parent
        usage = shutil.disk_usage(folder)
        found.add("quizwire_disk_free_bytes", usage.free, "blobs")
        found.add("quizwire_disk_size_bytes", usage.total, "blobs")

    def _ask_certificates(self, found: Found) -> None:
        if time.monotonic() >= self._expiry_due:
            self._expiry = {place: _expires_at(place) for place in self._certificates}
            self._expiry_due = time.monotonic() + CERTIFICATES_EVERY_S
        for place, expires_at in self._expiry.items():
            found.add("quizwire_certificate_expires_timestamp_seconds", expires_at, place)


def _expires_at(place: str) -> float:
    """Unix time at which the certificate served at `host:port` ends; whether anybody trusts it is not asked."""
    host, _, port = place.rpartition(":")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, int(port)), CERTIFICATE_TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        served = secure.getpeercert(binary_form=True)
    if served is None:
        raise ssl.SSLError(f"{place} serves no certificate")
    return load_der_x509_certificate(served).not_valid_after_utc.timestamp()


def _family(name: str) -> Any:
    kind, text, labels = FAMILIES[name]
    return _KINDS[kind](name, text, labels=labels)
