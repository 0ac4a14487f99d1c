"""A Docker engine of our own: its images, networks and containers touch nobody else's."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from scripts.servers.server import ServerFailed

__all__ = ["Engine"]

READY_S = 60.0
STOP_S = 60.0


class Engine:
    """`dockerd` inside `with`, on a socket in `folder`, where its images stay for the next time. Needs root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.environment = {**os.environ, "DOCKER_HOST": f"unix://{self.folder / 'socket'}"}
        if self._fails("docker", "buildx", "version"):  # a Docker without it builds as it used to
            self.environment["DOCKER_BUILDKIT"] = "0"
        self.compose = ["docker", "compose"]
        if self._fails(*self.compose, "version"):
            self.compose = ["docker-compose"]
        for program in ("dockerd", self.compose[0]):
            if shutil.which(program) is None:
                raise ServerFailed(f"no {program} on PATH: install Docker and its Compose ≥ 2.24")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    "dockerd",
                    f"--data-root={self.folder / 'data'}",
                    f"--exec-root={self.folder / 'run'}",
                    f"--pidfile={self.folder / 'pid'}",
                    f"--host={self.environment['DOCKER_HOST']}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_S
        while self._fails("docker", "version"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._stop()
                raise ServerFailed(f"dockerd does not serve:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.2)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._stop()

    def run(self, *command: str, more: Mapping[str, str] | None = None) -> None:
        """With its output on the terminal. Raises CalledProcessError."""
        subprocess.run(command, check=True, env={**self.environment, **(more or {})})

    def says(self, *command: str, more: Mapping[str, str] | None = None) -> str:
        """What a command prints. Raises CalledProcessError."""
        environment = {**self.environment, **(more or {})}
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout

    def has(self, image: str) -> bool:
        """Whether it is here already."""
        return not self._fails("docker", "image", "inspect", image)

    def _fails(self, *command: str) -> bool:
        silent = subprocess.DEVNULL
        try:
            return subprocess.run(command, env=self.environment, stdout=silent, stderr=silent).returncode != 0
        except FileNotFoundError:
            return True

    def _stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
