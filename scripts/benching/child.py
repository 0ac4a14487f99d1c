"""A process of the benchmark on one core, talked to in lines of JSON."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["LOAD_CORE", "SERVER_CORE", "Child", "free_port", "python"]

ROOT = Path(__file__).parents[2]
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
PATIENCE_S = 180.0


class Child:
    """Runs inside `with`. It says one line when it is ready; `ready` is that line."""

    def __init__(
        self,
        command: Sequence[str],
        core: int | None = None,
        *,
        environment: dict[str, str] | None = None,
        folder: Path = ROOT,
    ) -> None:
        self._command = list(command)
        self._core = core
        self._environment = {**os.environ, **(environment or {})}
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._said = b""  # what it has said beyond the lines that were read
        self.ready: Any = None

    def __enter__(self) -> Child:
        core = self._core
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=None if core is None or len(CORES) == 1 else lambda: os.sched_setaffinity(0, {core}),
        )
        try:
            self.ready = self.read()
        except BaseException:
            self._process.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        process = self._running()
        with suppress(BrokenPipeError, ValueError):
            process.stdin.close()  # type: ignore[union-attr]
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._running().pid

    def tell(self, **message: Any) -> None:
        """Send one line."""
        stdin = self._running().stdin
        assert stdin is not None
        stdin.write(json.dumps(message).encode() + b"\n")
        stdin.flush()

    def read(self, timeout_s: float = PATIENCE_S) -> Any:
        """The next line. Raises RuntimeError when the process ended or says nothing."""
        stdout = self._running().stdout
        assert stdout is not None
        deadline = time.monotonic() + timeout_s
        while b"\n" not in self._said:
            readable, _, _ = select.select([stdout], [], [], max(0.0, deadline - time.monotonic()))
            some = os.read(stdout.fileno(), 1 << 20) if readable else b""
            if not some:
                status = self._running().poll()
                raise RuntimeError(f"{' '.join(self._command)} said nothing (status {status})")
            self._said += some
        line, _, self._said = self._said.partition(b"\n")
        return json.loads(line)

    def ask(self, **message: Any) -> Any:
        """`tell`, then `read`."""
        self.tell(**message)
        return self.read()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("not started")
        return self._process


def python(module: str, *arguments: str) -> list[str]:
    """The command line of a module of ours."""
    return [sys.executable, "-m", module, *arguments]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
