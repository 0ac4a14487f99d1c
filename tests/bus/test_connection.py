"""The connection: order, storing once, surviving the server, refusing the wrong one."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from pathlib import Path

import nats as nats_py
import pytest

from bus.broker import JetStreamBroker
from bus.connection import Connection
from bus.errors import PublishRefused, PublishTimeout, ServerUnsuitable, Unavailable
from scripts.servers import NatsServer
from tests.bus.conftest import dead_letters, stored, until, working

pytestmark = pytest.mark.timeout(120)


class NatsWithoutJetStream(NatsServer):
    """A server as people start it who do not know that JetStream is an option."""

    def _prepare(self) -> None:
        super()._prepare()
        path = self.folder / "nats.conf"
        lines = [line for line in path.read_text().splitlines() if not line.startswith("jetstream")]
        path.write_text("\n".join(lines))

    def _check_ready(self) -> None:
        socket.create_connection(("127.0.0.1", self.port), timeout=2).close()


async def listen(url: str, subject: str, count: int, publish: threading.Event) -> list[bytes]:
    client = await nats_py.connect(url)
    subscription = await client.subscribe(subject)
    await client.flush()
    publish.set()
    received = [(await subscription.next_msg(timeout=20)).data for _ in range(count)]
    await client.close()
    return received


def test_core_messages_arrive_in_the_order_of_the_calls(nats: NatsServer, connection: Connection) -> None:
    def publish_all() -> None:
        ready.wait(20)
        for start in range(0, 3000, 3):
            connection.publish_many([("order.a", b"%d" % n) for n in range(start, start + 2)])
            connection.post("order.a", b"%d" % (start + 2))

    ready = threading.Event()
    publisher = threading.Thread(target=publish_all)
    publisher.start()
    received = asyncio.run(listen(nats.url, "order.a", 3000, ready))
    publisher.join()
    assert received == [b"%d" % n for n in range(3000)]


def test_a_message_id_is_stored_once(connection: Connection) -> None:
    first = connection.publish_stored("submissions.0", b"x", message_id="same")
    assert connection.publish_stored("submissions.0", b"x", message_id="same") == first
    assert len(stored(connection, "SUBMISSIONS")) == 1


def test_many_are_stored_with_their_sequences_in_order(connection: Connection) -> None:
    sequences = connection.publish_all_stored([("submissions.0", b"%d" % n, None) for n in range(300)])
    bodies = [body for _, body, _ in stored(connection, "SUBMISSIONS")]
    assert [bodies[sequence - 1] for sequence in sequences] == [b"%d" % n for n in range(300)]


def test_a_subject_that_no_stream_takes_times_out(connection: Connection) -> None:
    with pytest.raises(PublishTimeout, match=r"nowhere\.x"):
        connection.publish_stored("nowhere.x", b"x", timeout_s=0.3)


def test_a_message_that_is_too_large_is_refused_at_once(connection: Connection) -> None:
    with pytest.raises(PublishRefused):
        connection.publish_stored("submissions.0", bytes(2_000_000))


def test_waiting_on_the_loop_thread_is_refused(connection: Connection) -> None:
    async def wait_for_itself() -> None:
        connection.publish_stored("submissions.0", b"x")

    with pytest.raises(RuntimeError, match="loop thread"):
        connection.run(wait_for_itself())


def test_nothing_listens_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        connection = Connection(f"nats://u:secret@127.0.0.1:{taken.getsockname()[1]}", connect_timeout_s=0.5)
        with pytest.raises(Unavailable) as caught:
            connection.post("a", b"b")
    assert "secret" not in str(caught.value)


def test_a_server_without_jetstream_is_refused_with_what_to_do(run_folder: Path) -> None:
    server = NatsWithoutJetStream(run_folder / "plain-nats")
    server.start()
    try:
        with pytest.raises(ServerUnsuitable, match="start it with -js"):
            Connection(server.url).post("a", b"b")
    finally:
        server.stop()


def test_a_forked_child_connects_for_itself(connection: Connection) -> None:
    connection.publish_stored("submissions.0", b"parent")
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # rather dead than waiting for a thread that only the parent has
        status = 1
        try:
            connection.publish_stored("submissions.0", b"child")
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    connection.publish_stored("submissions.0", b"parent again")
    assert [body for _, body, _ in stored(connection, "SUBMISSIONS")] == [
        b"parent",
        b"child",
        b"parent again",
    ]


def test_it_can_be_used_again_after_closing(connection: Connection) -> None:
    connection.publish_stored("submissions.0", b"1")
    connection.close()
    assert connection.closed
    connection.publish_stored("submissions.0", b"2")
    assert len(stored(connection, "SUBMISSIONS")) == 2


def test_a_killed_and_restarted_server_loses_nothing_it_acknowledged(
    nats: NatsServer, connection: Connection, broker: JetStreamBroker
) -> None:
    seen: set[bytes] = set()
    acknowledged: list[bytes] = []
    stop = threading.Event()
    publisher_connection = Connection(nats.url, name="publisher")

    def publish() -> None:
        n = 0
        while not stop.is_set():
            names = [b"n%d" % m for m in range(n, n + 20)]
            n += 20
            publisher_connection.publish_all_stored(
                [("submissions.0", name, name.decode()) for name in names], timeout_s=60
            )
            acknowledged.extend(names)

    broker.declare_batch_queue("scores", stream="SUBMISSIONS", subject="submissions.0", batch_size=32)
    broker.batch_actor(lambda payloads: seen.update(payloads), queue_name="scores", actor_name="take")
    publisher = threading.Thread(target=publish)
    with working(broker):
        publisher.start()
        for _ in range(2):
            before = len(acknowledged)
            until(lambda before=before: len(acknowledged) > before + 400, "some load")
            nats.kill()
            time.sleep(1.5)  # long enough to give up, for a client that would
            nats.start()
        before = len(acknowledged)
        until(lambda: len(acknowledged) > before + 400, "load after the restart")
        stop.set()
        publisher.join(60)
        assert not publisher.is_alive()
        assert broker.drained("scores", 60.0)
    publisher_connection.close()
    assert set(acknowledged) - seen == set()
    assert dead_letters(connection) == []
