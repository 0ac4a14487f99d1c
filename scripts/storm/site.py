"""A whole Quizwire in a temporary folder: own servers, one gateway that measures itself, one process of each pool."""

from __future__ import annotations

import json
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from urllib.error import URLError
from urllib.request import urlopen

from scripts.running.embedded import EmbeddedServers
from scripts.running.prepare import prepare

__all__ = ["Site"]

ROOT = Path(__file__).parents[2]
READY_S = 60.0
STOP_S = 20.0


class Site:
    """Running inside `with`; `samples` are there afterwards."""

    def __init__(self) -> None:
        self.samples: list[tuple[float, float]] = []  # Unix time and lateness of the gateway's loop, seconds
        self.environment = dict(os.environ)
        self._folder = tempfile.TemporaryDirectory(prefix="qw-storm-", dir="/tmp")
        self._servers = EmbeddedServers(Path(self._folder.name))
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """Of the gateway."""
        return f"http://127.0.0.1:{self.environment['PORT']}"

    def __enter__(self) -> Site:
        folder = Path(self._folder.name)
        folder.chmod(0o711)  # as root, PostgreSQL runs as somebody else and must get through
        try:
            for name in ("NATS_URL", "REDIS_URL", "DATABASE_URL"):
                self.environment.pop(name, None)
            self._servers.start(self.environment)
            prepare(self.environment, own_streams=True)
            self.environment |= {
                "HOST": "127.0.0.1",
                "PORT": str(_free_port()),
                "QUIZWIRE_SECRET": secrets.token_urlsafe(48),
                "QUIZWIRE_BLOBS": str(folder / "blobs"),
                "LOG_LEVEL": "warning",
            }
            for line in (ROOT / "Procfile").read_text().splitlines():
                kind, _, command = line.partition(":")
                arguments = shlex.split(command)
                if kind == "web":
                    arguments = [sys.executable, "-m", "scripts.storm.gateway", str(folder / "lag.json")]
                self._launch(folder / f"{kind}.log", arguments)
            self._wait_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._stop()

    def _launch(self, log_path: Path, arguments: list[str]) -> None:
        with log_path.open("ab") as log:
            self._processes.append(
                subprocess.Popen(
                    arguments,
                    cwd=ROOT,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while True:
            with suppress(URLError, OSError), urlopen(f"{self.url}/readyz", timeout=5):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"the gateway is not ready after {READY_S:g} s")
            time.sleep(0.2)

    def _stop(self) -> None:
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        for process in self._processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._servers.stop()
        lag = Path(self._folder.name) / "lag.json"
        if lag.exists():
            self.samples = [(at, late) for at, late in json.loads(lag.read_text())]
        self._folder.cleanup()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
