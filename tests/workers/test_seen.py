"""A pool of several processes, as the `dramatiq` command forks it, seen from outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bus.tasks import encode_task
from db.ids import new_id
from scripts.servers import NatsServer
from workers.deps import Deps

ROOT = Path(__file__).parents[2]
PROCESSES = 2
JOBS = 40


@pytest.fixture
def first_port(nats_server: NatsServer, redis_url: str, database_url: str, tmp_path: Path) -> Iterator[int]:
    """Of two processes of the background pool."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {
        "NATS_URL": nats_server.url,
        "REDIS_URL": redis_url,
        "DATABASE_URL": database_url,
        "QUIZWIRE_BLOBS": str(tmp_path / "blobs"),
        "QUIZWIRE_METRICS_PORT": str(port),
    }
    command = [sys.executable, "-m", "dramatiq", "workers.main:broker", "-Q", "background"]
    command += ["--processes", str(PROCESSES), "--threads", "1"]
    pool = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    yield port
    os.killpg(pool.pid, signal.SIGKILL)
    pool.wait()


def scrape(port: int) -> dict[str, float] | None:
    """The samples that this test is about, of one process; None when nobody serves there."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as reply:
            text = reply.read().decode()
    except OSError:
        return None
    return {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.get("service") == "background"
        or (sample.labels.get("actor"), sample.labels.get("outcome")) == ("drop_pictures", "ok")
        or sample.name == "process_start_time_seconds"
    }


def test_each_process_counts_for_itself_and_together_they_count_all(first_port: int, deps: Deps) -> None:
    deadline = time.monotonic() + 30
    while (
        len(found := [one for port in range(first_port, first_port + 10) if (one := scrape(port))])
        < PROCESSES
    ):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)

    def done() -> list[float]:
        seen = [scrape(port) for port in range(first_port, first_port + 10)]
        return [one["quizwire_job_seconds_count"] for one in seen if one is not None]

    # Other tests may have left jobs for them: those are done first.
    assert deps.broker.drained("background", 20.0)
    before = -1.0
    while before != (now := sum(done())):
        before = now
        time.sleep(0.5)
    for _ in range(JOBS):
        subject, payload, message_id = encode_task("background", "drop_pictures", new_id())
        deps.connection.publish_stored(subject, payload, message_id=message_id)
    while sum(done()) < before + JOBS:
        assert time.monotonic() < deadline, done()
        time.sleep(0.2)
    assert len(done()) == PROCESSES
    assert sum(done()) == before + JOBS
    assert all(one["quizwire_build_info"] == 1 for one in found)
