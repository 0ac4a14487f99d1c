"""`python -m web` as a process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.web.conftest import SECRET

ROOT = Path(__file__).parents[2]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def environment(nats_url: str, redis_url: str, database_url: str, port: int) -> dict[str, str]:
    own = {"NATS_URL": nats_url, "REDIS_URL": redis_url, "DATABASE_URL": database_url, "PORT": str(port)}
    return {**os.environ, **own, "QUIZWIRE_SECRET": SECRET}


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(environment: dict[str, str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "web"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def wait_until_alive(port: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"not alive; exit code {process.poll()}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_in_order(
    start: Start, environment: dict[str, str], port: int, number: signal.Signals
) -> None:
    process = start(environment)
    wait_until_alive(port, process)
    # An idle connection that is kept alive must not hold it up.
    with socket.create_connection(("127.0.0.1", port)) as idle:
        idle.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        head = idle.recv(4096)
        assert b" 200 " in head.split(b"\r\n")[0]
        assert b"server:" not in head.lower()
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["event"] for line in lines if line["event"] in ("draining", "stopped")] == [
        "draining",
        "stopped",
    ]
    assert all(line.keys() >= {"event", "level", "timestamp"} for line in lines)


def test_it_drains_and_ends_when_it_is_asked_to_over_nats(
    start: Start, environment: dict[str, str], port: int
) -> None:
    process = start(environment | {"QUIZWIRE_NODE": "leaving"})
    wait_until_alive(port, process)
    asked = subprocess.run(
        [sys.executable, "-m", "web.console", "drain", "leaving", "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        timeout=60,
    )
    assert (asked.returncode, json.loads(asked.stdout)["pid"]) == (0, process.pid), asked.stderr
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert [event for event in ("draining", "stopped") if f'"{event}"' in out] == ["draining", "stopped"]
    again = [sys.executable, "-m", "web.console", "drain", "leaving"]
    gone = subprocess.run(again, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert (gone.returncode, "no gateway leaving answers" in gone.stderr) == (1, True)


def test_it_can_be_stopped_while_it_waits_for_a_server(start: Start, environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = start(environment | {"NATS_URL": f"nats://127.0.0.1:{silent.getsockname()[1]}"})
        silent.settimeout(30)
        silent.accept()
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"QUIZWIRE_SECRET": "short"}, "QUIZWIRE_SECRET"), ({"DATABASE_URL": ""}, "DATABASE_URL is not set")],
)
def test_it_says_what_is_missing(
    start: Start, environment: dict[str, str], changes: dict[str, str], sentence: str
) -> None:
    process = start(environment | changes)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert sentence in err
    assert "Traceback" not in err


def test_it_says_that_its_port_is_taken(start: Start, environment: dict[str, str], port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        process = start(environment)
        _, err = process.communicate(timeout=40)
    assert process.returncode == 1
    assert str(port) in err
    assert "Traceback" not in err
