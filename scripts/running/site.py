"""A whole Quizwire in a temporary folder: own servers, and every process of the Procfile."""

from __future__ import annotations

import os
import secrets
import shlex
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.error import URLError
from urllib.request import urlopen

from scripts.running.embedded import EmbeddedServers
from scripts.running.prepare import prepare

__all__ = ["Site", "free_port"]

ROOT = Path(__file__).parents[2]
READY_S = 60.0
STOP_S = 20.0


class Site:
    """Running inside `with`: `gateways` web processes, one process of each pool. `settings` are environment variables."""

    def __init__(self, gateways: int = 1, **settings: str) -> None:
        self.environment = dict(os.environ)
        self.urls: list[str] = []  # of the gateways
        self._gateways = gateways
        self._settings = settings
        self._folder = tempfile.TemporaryDirectory(prefix="qw-site-", dir="/tmp")
        self.folder = Path(self._folder.name)
        self.servers = EmbeddedServers(self.folder)
        self._commands: dict[str, tuple[list[str], dict[str, str]]] = {}  # arguments, environment of its own
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Of the first gateway."""
        return self.urls[0]

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by name: `web.1`, `scoring`, …"""
        return {name: process.pid for name, process in self._processes.items()}

    def web_command(self, command: list[str]) -> list[str]:
        """The command line of a gateway; `command` is the Procfile's."""
        return command

    def __enter__(self) -> Self:
        self.folder.chmod(0o711)  # as root, PostgreSQL runs as somebody else and must get through
        try:
            for name in ("NATS_URL", "REDIS_URL", "DATABASE_URL"):
                self.environment.pop(name, None)
            self.servers.start(self.environment)
            prepare(self.environment, own_streams=True)
            self.environment |= {
                "HOST": "127.0.0.1",
                "QUIZWIRE_SECRET": secrets.token_urlsafe(48),
                "QUIZWIRE_BLOBS": str(self.folder / "blobs"),
                "LOG_LEVEL": "warning",
                **self._settings,
            }
            for line in (ROOT / "Procfile").read_text().splitlines():
                kind, _, command = line.partition(":")
                if kind == "web":
                    self._launch_gateways(shlex.split(command))
                else:
                    self._launch(kind, shlex.split(command), {})
            self.wait_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._stop()

    def _launch_gateways(self, command: list[str]) -> None:
        for number in range(1, self._gateways + 1):
            port = free_port()
            self.urls.append(f"http://127.0.0.1:{port}")
            self._launch(f"web.{number}", self.web_command(command), {"PORT": str(port)})

    def _launch(self, name: str, arguments: list[str], more: dict[str, str]) -> None:
        self._commands[name] = arguments, more
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                arguments,
                cwd=ROOT,
                env={**self.environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def terminate(self, name: str) -> None:
        """SIGTERM, as in a deploy, and wait until the process has gone."""
        process = self._processes[name]
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_S)
        _end(process)

    def restart(self, name: str) -> None:
        """Start a process again, where it was."""
        self._launch(name, *self._commands[name])

    def wait_ready(self) -> None:
        """Return once every gateway is ready. Raises TimeoutError."""
        deadline = time.monotonic() + READY_S
        for url in self.urls:
            while True:
                with suppress(URLError, OSError), urlopen(f"{url}/readyz", timeout=5):
                    break
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{url} is not ready after {READY_S:g} s")
                time.sleep(0.2)

    def _stop(self) -> None:
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        for process in self._processes.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            _end(process)
        self.servers.stop()
        self.collect()
        self._folder.cleanup()

    def collect(self) -> None:
        """Called when everything has stopped and the folder is still there."""


def _end(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for what is left of it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    """One that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
