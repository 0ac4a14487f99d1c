"""What the control workers ask the servers, on real ones."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_server

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from prometheus_client import CollectorRegistry, Metric

from bus import queues, subjects
from bus.connection import Connection
from bus.streams import Durable, ensure_durable
from db.pool import Pool
from scripts.servers import NatsServer
from workers.census import FAMILIES, Census
from workers.deps import Deps


@pytest.fixture
def census(deps: Deps) -> Census:
    """A census of the run's servers, and of a folder that nobody has made."""
    return Census(deps.connection, deps.redis, deps.pool, "/tmp/quizwire-of-nobody/blobs")


@pytest.fixture
def reader(deps: Deps) -> Iterator[str]:
    """A consumer of the scoring queue, by name, as its pool makes it."""
    durable, _ = Durable.pair("scoring", subjects.SUBMISSIONS, "submissions.0")
    client = deps.connection.client
    deps.connection.run(ensure_durable(client, durable, ack_wait_s=5, max_ack_pending=100))
    yield durable.name
    deps.connection.run(client.jetstream().delete_consumer(durable.stream, durable.name))


def told(census: Census) -> dict[str, dict[tuple[str, ...], float]]:
    families: list[Metric] = list(census.collect())
    return {
        sample.name: {
            tuple(other.labels.values()): other.value
            for family in families
            for other in family.samples
            if other.name == sample.name
        }
        for family in families
        for sample in family.samples
    }


def test_queues_are_counted_and_the_oldest_message_has_an_age(census: Census, deps: Deps) -> None:
    deps.connection.publish_stored("tasks.control", b"x")
    deps.connection.publish_stored("tasks.control", b"y")
    time.sleep(2.1)
    census.ask()
    now = told(census)
    assert now["quizwire_dependency_up"] == {("nats",): 1, ("redis",): 1, ("postgres",): 1, ("disk",): 1}
    assert now["quizwire_queue_depth"][("control",)] == 2
    assert now["quizwire_queue_depth"][("scoring",)] == 0
    assert now["quizwire_queue_in_flight"][("control",)] == 0
    assert 1 < now["quizwire_queue_oldest_seconds"][("control",)] < 60
    assert now["quizwire_queue_oldest_seconds"][("scoring",)] == 0
    assert now["quizwire_stream_messages"][("TASKS",)] >= 2


def test_what_is_held_and_what_came_again_is_told(census: Census, deps: Deps, reader: str) -> None:
    deps.connection.publish_stored("submissions.0", b"x")

    async def take() -> None:
        js = deps.connection.client.jetstream()
        pull = await js.pull_subscribe_bind(reader, stream=subjects.SUBMISSIONS)
        (message,) = await pull.fetch(1)
        await message.nak()
        await pull.fetch(1)

    deps.connection.run(take())
    census.ask()
    now = told(census)
    assert now["quizwire_queue_in_flight"][("scoring",)] == 1
    assert now["quizwire_queue_redelivered"][("scoring",)] == 1
    assert now["quizwire_queue_depth"][("scoring",)] == 1
    assert now["quizwire_queue_oldest_seconds"][("scoring",)] >= 0


def test_a_paused_queue_is_told(census: Census, deps: Deps, reader: str) -> None:
    deps.connection.run(queues.pause(deps.connection.client, "scoring"))
    try:
        census.ask()
    finally:  # the server is that of other tests too
        deps.connection.run(queues.resume(deps.connection.client, "scoring"))
    now = told(census)
    assert now["quizwire_queue_paused"][("scoring",)] == 1
    assert now["quizwire_queue_paused"][("control",)] == 0


def test_dead_letters_are_counted_by_queue(census: Census, deps: Deps) -> None:
    census.ask()
    before = told(census)["quizwire_dead_letters"]
    deps.connection.publish_stored(subjects.dead("scoring"), b"x")
    census.ask()
    after = told(census)["quizwire_dead_letters"]
    assert after[("scoring",)] == before[("scoring",)] + 1
    assert after[("control",)] == before[("control",)]


def test_what_cannot_be_asked_is_not_told(deps: Deps, start_server) -> None:
    server = start_server(NatsServer)
    elsewhere = Connection(server.url, name="census", connect_timeout_s=1.0)
    server.stop()
    nowhere = Pool("postgresql://nobody:x@127.0.0.1:1/none", 1)
    try:
        census = Census(elsewhere, deps.redis, nowhere, "s3://bucket")
        census.ask()
        now = told(census)
        assert now["quizwire_dependency_up"] == {("nats",): 0, ("redis",): 1, ("postgres",): 0}
        assert "quizwire_sessions" not in now and "quizwire_queue_depth" not in now
        assert now["quizwire_redis_memory_bytes"][()] > 0
    finally:
        elsewhere.close()
        nowhere.close()


def test_sessions_are_counted_by_state(census: Census, world) -> None:
    census.ask()
    now = told(census)
    assert now["quizwire_sessions"] == {("lobby",): 1, ("open",): 0, ("closing",): 0, ("closed",): 0}
    assert now["quizwire_postgres_connections_limit"][()] > 10
    assert now["quizwire_disk_free_bytes"][("blobs",)] > 0


def test_the_registry_knows_every_family_before_anything_was_asked(census: Census) -> None:
    registry = CollectorRegistry()
    registry.register(census)
    assert {family.name for family in census.describe()} == set(FAMILIES)
    assert [family.name for family in registry.collect()] == ["quizwire_dependency_up"]


def self_signed(folder: Path, ends_at: datetime) -> Path:
    """A file with a certificate that nobody trusts, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "quiz.example.org")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(ends_at - timedelta(days=90))
        .not_valid_after(ends_at)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return path


def test_the_end_of_a_certificate_is_told(deps: Deps, tmp_path: Path) -> None:
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path, ends_at))
    with (
        create_server(("127.0.0.1", 0)) as listening,
        context.wrap_socket(listening, server_side=True) as tls,
    ):
        place = f"127.0.0.1:{tls.getsockname()[1]}"
        threading.Thread(target=lambda: tls.accept()[0].close(), daemon=True).start()
        census = Census(deps.connection, deps.redis, deps.pool, "s3://bucket", (place,))
        census.ask()
    now = told(census)
    assert now["quizwire_dependency_up"][("certificates",)] == 1
    assert now["quizwire_certificate_expires_timestamp_seconds"] == {(place,): ends_at.timestamp()}
