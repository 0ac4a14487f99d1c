"""A whole Quizwire for tests: own servers, and every process of the Procfile in a process group of its own."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

from scripts.running.prepare import prepare
from scripts.servers import NatsServer, PostgresServer, RedisServer

__all__ = ["DEPLOY", "ROOT", "Stack", "free_port"]

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
OWNER = "QUIZWIRE_RUN_OF"
READY_S = 60.0
TAIL_LINES = 40


class Stack:
    """`web.1`, `web.2`, `scoring`, `persistence`, `control` and `background`, and `nats`.

    `kill` and `restart` take any of these names. `gateways` are the base addresses of the web processes.
    """

    def __init__(
        self,
        folder: Path,
        gateways: int = 2,
        *,
        name: str = "e2e",
        log_level: str = "info",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.nats = NatsServer(folder / f"{name}-nats")
        self.redis = RedisServer(folder / f"{name}-redis", durable=False)
        self.postgres = PostgresServer(folder / f"{name}-postgres", durable=False)
        self.secret = secrets.token_urlsafe(48)
        self.gateways: list[str] = []
        self.metrics: dict[str, int] = {}  # port of each process
        self.logs = folder / f"{name}-logs"
        self._blobs = folder / f"{name}-blobs"
        self._log_level = log_level
        self._folder = folder
        self._environment = dict(environment or {})
        self._count = gateways
        self._commands: dict[str, list[str]] = {}
        self._environments: dict[str, dict[str, str]] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.roots: dict[
            str, Path
        ] = {}  # whose code a process runs, from its next start on; ours unless given

    def start(self) -> None:
        """Everything, ready to serve."""
        _end_orphans()
        self.logs.mkdir(exist_ok=True)
        for server in (self.nats, self.redis, self.postgres):
            server.start()
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "PYTHONUNBUFFERED": "1",
            "NATS_URL": self.nats.url,
            "REDIS_URL": self.redis.url,
            "DATABASE_URL": self.postgres.url,
            "HOST": "127.0.0.1",
            "QUIZWIRE_SECRET": self.secret,
            "QUIZWIRE_BLOBS": str(self._blobs),
            "LOG_LEVEL": self._log_level,
            OWNER: str(self._folder),
            **self._environment,
        }
        self._prepare(environment)
        for line in (ROOT / "Procfile").read_text().splitlines():
            kind, _, command = line.partition(":")
            names = [f"web.{n}" for n in range(1, self._count + 1)] if kind == "web" else [kind]
            for name in names:
                self._commands[name] = shlex.split(command)
                if kind != "web" and self._log_level == "debug":
                    self._commands[name].append("--verbose")
                self._environments[name] = {**environment, **self._of_role(kind)}
                self.metrics[name] = free_port()
                self._environments[name]["QUIZWIRE_METRICS_PORT"] = str(self.metrics[name])
                if kind == "web":
                    port = free_port()
                    self._environments[name]["PORT"] = str(port)
                    self.gateways.append(f"http://127.0.0.1:{port}")
        for name in self._commands:
            self._launch(name)
        self.wait_ready()

    def _prepare(self, environment: Mapping[str, str]) -> None:
        """Schema and streams."""
        prepare(environment, own_streams=True)

    def _of_role(self, kind: str) -> Mapping[str, str]:
        """Variables of this kind of process alone."""
        return {}

    def stop(self) -> None:
        """Everything, gently where it goes quickly."""
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 10
        for name, process in self._processes.items():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            self.kill(name)
        for server in (self.nats, self.redis, self.postgres):
            server.stop()

    def kill(self, name: str) -> None:
        """SIGKILL to the process and all its children, at once."""
        if name == "nats":
            self.nats.kill()
            return
        process = self._processes[name]
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def terminate(self, name: str) -> None:
        """SIGTERM, as in a deploy, and wait until the process has gone; SIGKILL for what is left of it after that."""
        self._processes[name].send_signal(signal.SIGTERM)
        self._processes[name].wait(30)
        self.kill(name)

    @property
    def names(self) -> list[str]:
        """Of every process, gateways first."""
        return list(self._commands)

    def pid(self, name: str) -> int:
        """Process id of what was started last under this name."""
        return self._processes[name].pid

    def wait_gone(self, name: str) -> None:
        """Wait for a process that was told to end."""
        self._processes[name].wait(60)

    def restart(self, name: str) -> None:
        """Start again what was killed, on the same port and with the same data."""
        if name == "nats":
            self.nats.start()
        else:
            self._launch(name)

    def heal(self) -> None:
        """Start again whatever does not run, and wait until all is ready: one test's ruins are not the next one's."""
        if not self.nats.running:
            self.nats.start()
        for name, process in self._processes.items():
            if process.poll() is not None:
                self.kill(name)
                self._launch(name)
        self.wait_ready()

    @contextmanager
    def another_gateway(self, name: str, **settings: str) -> Iterator[str]:
        """One more web process, with these environment variables, until the end of the block; its base address."""
        port = free_port()
        ports = {"PORT": str(port), "QUIZWIRE_METRICS_PORT": str(free_port())}
        self._commands[name] = self._commands["web.1"]
        self._environments[name] = self._environments["web.1"] | settings | ports
        self._launch(name)
        try:
            self.wait_ready(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            self.kill(name)
            del self._processes[name]

    def wait_ready(self, *urls: str) -> None:
        """Return once these gateways, or else all, answer /readyz. Raises TimeoutError with the ends of the logs."""
        deadline = time.monotonic() + READY_S
        for url in urls or self.gateways:
            while not _answers(f"{url}/readyz"):
                if time.monotonic() > deadline:
                    raise TimeoutError(
                        f"{url}/readyz did not answer 200 within {READY_S:g} s\n{self.tails()}"
                    )
                time.sleep(0.1)

    def wait_seen(self) -> None:
        """Return once every process serves its metrics: workers are not asked by `wait_ready`."""
        deadline = time.monotonic() + READY_S
        for name, port in self.metrics.items():
            while not _answers(f"http://127.0.0.1:{port}/metrics"):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{name} serves no metrics\n{self.tails()}")
                time.sleep(0.1)

    def tails(self) -> str:
        """The last lines of every log."""
        parts = []
        for path in sorted([*self.logs.glob("*.log"), self.nats.log_path]):
            lines = path.read_text(errors="replace").splitlines()[-TAIL_LINES:]
            parts.append("\n".join([f"--- {path.parent.name}/{path.name}", *lines]))
        return "\n".join(parts)

    def _launch(self, name: str) -> None:
        with (self.logs / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                self._commands[name],
                cwd=self.roots.get(name, ROOT),
                env=self._environments[name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except (URLError, OSError):
        return False


def free_port() -> int:
    """One that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_orphans() -> None:
    """End the processes of a test run that was killed itself; its folder is named after its process."""
    for process in psutil.process_iter():
        try:
            found = re.fullmatch(r"/tmp/qw-(\d+)-\w+", process.environ().get(OWNER, ""))
            if found and process.uids().real == os.geteuid() and not psutil.pid_exists(int(found[1])):
                process.kill()
        except (psutil.Error, OSError):
            continue
