"""`scripts/up`: everything starts, stops and heals together."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest

from scripts.running.demo import QUIZ
from scripts.running.ports import PortTaken, check_ports
from scripts.running.processes import OWNER, ScaleInvalid, parse_scale
from scripts.servers import PostgresServer, RedisServer, Server

ROOT = Path(__file__).parents[2]
PROCFILE = ROOT / "Procfile"


class Run:
    """One `scripts/up` with its own run folder; `output` is all that it has printed."""

    def __init__(self, home: Path, *arguments: str, **environment: str) -> None:
        self.home = home
        self.port = _two_free_ports()
        self.log = home.with_suffix(".log")
        variables = {k: v for k, v in os.environ.items() if not k.endswith("_URL") and k != OWNER}
        variables |= {"QUIZWIRE_HOME": str(home), "PORT": str(self.port), **environment}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "scripts.running", *arguments],
                cwd=ROOT,
                env=variables,
                stdout=log,
                stderr=log,
            )

    @property
    def output(self) -> str:
        return self.log.read_text()

    def wait_for(self, text: str, times: int = 1, patience_s: float = 60) -> None:
        """Return once `text` was printed; fail with the whole output when it ends or takes too long."""
        deadline = time.monotonic() + patience_s
        while self.output.count(text) < times:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def left_over(self) -> list[psutil.Process]:
        """Processes and servers of this run folder that are alive."""
        found = []
        for process in psutil.process_iter():
            try:
                of_us = process.environ().get(OWNER) == str(self.home) or f"{self.home}{os.sep}" in " ".join(
                    process.cmdline()
                )
                if of_us and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    def named(self, word: str) -> psutil.Process:
        """The first process of this run with `word` in its command line."""
        return next(p for p in self.left_over() if word in " ".join(p.cmdline()))


StartRun = Callable[..., Run]


@pytest.fixture
def start_run(run_folder: Path, request: pytest.FixtureRequest) -> Iterator[StartRun]:
    """`start_run("--no-demo")` starts one; a second call starts in the same run folder."""
    home = run_folder / f"up-{abs(hash(request.node.name)) % 10**8}"
    runs: list[Run] = []

    def start(*arguments: str, **environment: str) -> Run:
        runs.append(Run(home, *arguments, **environment))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.stop()
    for process in runs[0].left_over() if runs else []:
        process.kill()
    shutil.rmtree(home, ignore_errors=True)


def test_everything_starts_and_ctrl_c_stops_it_all(start_run: StartRun) -> None:
    run = start_run("--no-demo", "--scale", "web=2")
    run.wait_for("| ready: ")
    for port in (run.port, run.port + 1):
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as reply:
            assert reply.status == 200
    targets = json.loads((run.home / "metrics.json").read_text())
    assert {target["labels"]["pool"] for target in targets} == {
        line.partition(":")[0] for line in PROCFILE.read_text().splitlines()
    }
    for target in targets:
        with urlopen(f"http://{target['targets'][0]}/metrics", timeout=5) as reply:
            assert "quizwire_build_info" in reply.read().decode(), target
    assert (run.home / "gateways").read_text().split() == [
        f"http://127.0.0.1:{port}" for port in (run.port, run.port + 1)
    ]
    assert run.left_over()
    assert stat.S_IMODE((run.home / "secret").stat().st_mode) == 0o600

    assert run.stop(signal.SIGINT) == 0, run.output
    assert run.left_over() == []
    last = run.output.splitlines()[-1]
    assert "everything is stopped" in last and str(run.home) in last
    assert "join code" not in run.output


def test_the_demo_is_there_and_is_taken_up_by_the_next_start(start_run: StartRun) -> None:
    run = start_run()
    run.wait_for("| join code: ")
    demo = json.loads((run.home / "demo.json").read_text())
    assert f"join code: {demo['join_code']}" in run.output
    assert f"demo host: {demo['email']}   password: {demo['password']}" in run.output
    # The console finds what runs here by itself.
    environment = {**os.environ, "QUIZWIRE_HOME": str(run.home)}
    told = subprocess.run(
        [ROOT / "scripts/quizwire", "status", "--json"], env=environment, capture_output=True, check=True
    )
    assert json.loads(told.stdout)
    assert stat.S_IMODE((run.home / "environment").stat().st_mode) == 0o600
    assert run.stop() == 0, run.output

    again = start_run()
    again.wait_for("| join code: ", times=2)
    assert json.loads((again.home / "demo.json").read_text()) == demo


def test_a_killed_run_is_cleared_away_by_the_next(start_run: StartRun) -> None:
    killed = start_run("--no-demo")
    killed.wait_for("| ready: ")
    killed.process.kill()
    killed.process.wait()
    orphans = killed.left_over()
    assert len(orphans) > 5

    run = start_run("--no-demo")
    run.wait_for("| ready: ", times=2)
    assert "stopped what a killed run had left behind" in run.output
    assert not any(orphan.is_running() for orphan in orphans)


def test_one_run_folder_takes_one_run(start_run: StartRun) -> None:
    first = start_run("--no-demo")
    first.wait_for("system")
    second = start_run("--no-demo")
    assert second.process.wait(30) == 1
    assert f"already running in {first.home} (process {first.process.pid})" in second.output
    assert first.process.poll() is None


def test_one_process_ending_stops_the_rest_with_a_reason(start_run: StartRun) -> None:
    run = start_run("--no-demo")
    run.wait_for("| ready: ")
    run.named("-Q scoring").kill()
    assert run.process.wait(60) == 1
    last = run.output.splitlines()[-1]
    assert "scoring ended" in last and f"the data stays in {run.home}" in last
    assert run.left_over() == []


def test_an_embedded_server_ending_stops_the_rest_with_a_reason(start_run: StartRun) -> None:
    run = start_run("--no-demo")
    run.wait_for("| ready: ")
    run.named("redis-server").kill()
    assert run.process.wait(60) == 1
    assert "redis-server ended with status -9" in run.output.splitlines()[-1]
    assert run.left_over() == []


def test_a_stop_while_starting_leaves_nothing_behind(start_run: StartRun) -> None:
    run = start_run("--no-demo")
    run.wait_for("web started")
    assert run.stop() == 0, run.output
    assert run.left_over() == []


def test_a_redis_that_evicts_is_refused(
    start_run: StartRun, start_server: Callable[[type[Server]], Server], nats_url: str
) -> None:
    import redis

    server = start_server(RedisServer)
    with redis.Redis.from_url(server.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
    run = start_run(REDIS_URL=server.url, NATS_URL=nats_url)
    assert run.process.wait(60) == 1
    assert "REDIS_URL: " in run.output
    assert "noeviction" in run.output
    assert server.password not in run.output


def test_servers_that_are_set_are_used_and_not_embedded(
    start_run: StartRun, redis_url: str, nats_url: str, database_url: str, postgres_server: PostgresServer
) -> None:
    run = start_run("--no-demo", REDIS_URL=redis_url, NATS_URL=nats_url, DATABASE_URL=database_url)
    run.wait_for("| ready: ")
    assert not (run.home / "redis").exists()
    assert run.stop() == 0
    assert postgres_server.running


def test_a_server_that_does_not_answer_is_named(start_run: StartRun, redis_url: str, nats_url: str) -> None:
    run = start_run(
        REDIS_URL=redis_url, NATS_URL=nats_url, DATABASE_URL="postgresql://u:hidden@127.0.0.1:1/none"
    )
    assert run.process.wait(60) == 1
    assert "quizwire: DATABASE_URL: " in run.output
    assert "hidden" not in run.output


def test_a_taken_port_is_named_before_anything_starts(start_run: StartRun) -> None:
    with socket.socket() as taken:
        port = _two_free_ports() + 1  # the second gateway's
        taken.bind(("127.0.0.1", port))
        taken.listen()
        run = start_run("--scale", "web=2", PORT=str(port - 1))
        assert run.process.wait(60) == 1
    assert f"cannot listen on 127.0.0.1:{port} (Address already in use)" in run.output
    assert "postgres" not in run.output and not (run.home / "postgres").exists()
    proposed = re.search(r"PORT=(\d+) ./scripts/up", run.output)
    assert proposed is not None
    check_ports("127.0.0.1", int(proposed[1]), 2)


@pytest.mark.parametrize("port", [0, 65536, 99999])
def test_what_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(PortTaken, match="use 1 to 65535"):
        check_ports("127.0.0.1", port, 1)


def test_scale_names_processes_of_the_procfile() -> None:
    assert parse_scale("web=2,scoring=3", PROCFILE) == {"web": 2, "scoring": 3}
    assert parse_scale("", PROCFILE) == {}
    for wrong in ("wbe=2", "web", "web=", "web=-1", "web=two"):
        with pytest.raises(ScaleInvalid, match="web, scoring, persistence, control, background"):
            parse_scale(wrong, PROCFILE)


def test_every_demo_question_has_one_correct_option_and_an_explanation() -> None:
    questions = json.loads(QUIZ.read_text())["questions"]
    assert len(questions) == 12
    for question in questions:
        assert 2 <= len(question["options"]) <= 4, question
        assert [option["is_correct"] for option in question["options"]].count(True) == 1, question
        assert len({option["text"] for option in question["options"]}) == len(question["options"]), question
        assert question["explanation"]


def _two_free_ports() -> int:
    """The first of two neighbours that nobody listens on."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
