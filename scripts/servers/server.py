"""What the three servers share: start, wait until ready, stop, and clearing away what a killed run left."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TypedDict

import psutil

__all__ = ["RunAs", "Server", "ServerFailed", "find_program", "version_of", "write_private"]

LOG_BYTES = 10_000_000
"""A log larger than this is put aside (one generation) at the next start."""


class RunAs(TypedDict, total=False):
    """Arguments of `subprocess` for a server that runs as somebody else."""

    user: int
    group: int
    extra_groups: list[int]


class ServerFailed(Exception):
    """A server is missing, unsuitable or did not start; the text says what to do."""


class Server(ABC):
    """One server process with its own folder.

    The folder holds `port`, `password` (0600), `pid`, `server.log`, the server's configuration and `data/`.
    `durable=False` trades safety for speed where the data dies with the run anyway (tests).
    """

    name: str
    minimum: tuple[int, ...]
    stop_signal: signal.Signals = signal.SIGTERM

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.absolute()
        self.durable = durable
        self.port = 0
        self.password = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    @abstractmethod
    def url(self) -> str:
        """How clients reach it, with the password in it: never print it."""

    @abstractmethod
    def _prepare(self) -> None:
        """Write the configuration and whatever must exist before the first start."""

    @abstractmethod
    def _command(self) -> list[str]:
        """The command line; must name a path inside `folder`, by which an orphan is recognised."""

    @abstractmethod
    def _check_ready(self) -> None:
        """Raise anything while the server does not serve yet."""

    @abstractmethod
    def check_version(self) -> None:
        """Raises ServerFailed when the program is missing or too old."""

    @property
    def running(self) -> bool:
        """True while the process that `start` started lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def returncode(self) -> int | None:
        """How the process ended (negative: by that signal), None while it runs."""
        return None if self._process is None else self._process.poll()

    @property
    def pid(self) -> int:
        """Process id; ServerFailed when it was never started."""
        if self._process is None:
            raise ServerFailed(f"{self.name} was not started")
        return self._process.pid

    @property
    def log_path(self) -> Path:
        """Where the server writes what it has to say."""
        return self.folder / "server.log"

    def start(self, timeout_s: float = 30.0) -> None:
        """Start and return once it serves. Raises ServerFailed with the end of the log when it does not."""
        self.check_version()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        self.stop_orphan()
        self.password = self._remembered_password()
        deadline = time.monotonic() + timeout_s
        for attempt in range(3):
            self.port = self._choose_port(fresh=attempt > 0)
            self._prepare()
            self._launch()
            if self._wait_ready(deadline):
                return
            # It ended by itself: the port was taken in between, or an orphan's memory was not released yet.
            time.sleep(0.5 * (attempt + 1))
        raise ServerFailed(
            f"{self.name} ended with status {self.returncode} while starting:\n{self._log_tail()}"
        )

    def stop(self, timeout_s: float = 20.0) -> None:
        """Stop in order, keep the data; SIGKILL when it takes longer than `timeout_s`."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(self.stop_signal)
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._pid_path.unlink(missing_ok=True)

    def kill(self) -> None:
        """SIGKILL, as a crash would do it."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """Stop if it still runs, and start on the same port with the same data."""
        self.stop()
        self.start()

    def stop_orphan(self) -> bool:
        """Stop the server that a killed run left behind in this folder; True when there was one.

        Only a process with the remembered id whose command line names this folder is ours: ids are reused.
        """
        orphan = self._orphan()
        if orphan is None:
            return False
        orphan.send_signal(self.stop_signal)
        try:
            orphan.wait(20)
        except psutil.TimeoutExpired:
            orphan.kill()
            orphan.wait(10)
        self._pid_path.unlink(missing_ok=True)
        return True

    def _orphan(self) -> psutil.Process | None:
        try:
            process = psutil.Process(int(self._pid_path.read_text()))
            return process if self._is_ours(process) else None
        except (OSError, ValueError, psutil.Error):
            return None

    def _is_ours(self, process: psutil.Process) -> bool:
        folder = f"{self.folder}{os.sep}"
        return process.status() != psutil.STATUS_ZOMBIE and any(
            folder in part for part in process.cmdline()[1:]
        )

    @property
    def _pid_path(self) -> Path:
        return self.folder / "pid"

    def _launch(self) -> None:
        if self.log_path.exists() and self.log_path.stat().st_size > LOG_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.1"))
        with self.log_path.open("ab") as log:
            # Its own session: Ctrl-C in the terminal must reach the applications first, and this one last.
            self._process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                **self._run_as(),
            )
        self._pid_path.write_text(str(self._process.pid))

    def _run_as(self) -> RunAs:
        return {}

    def _wait_ready(self, deadline: float) -> bool:
        """True once ready; False when the process ended; ServerFailed at the deadline."""
        while self.running:
            try:
                self._check_ready()
            except Exception as error:  # each client has its own errors, all mean "not yet"
                if time.monotonic() > deadline:
                    self.kill()
                    raise ServerFailed(
                        f"{self.name} did not become ready: {error}\n{self._log_tail()}"
                    ) from error
                time.sleep(0.02)
            else:
                return self.running
        return False

    def _choose_port(self, *, fresh: bool) -> int:
        """The remembered port when it is free, else a new one, remembered from now on."""
        path = self.folder / "port"
        if not fresh:
            try:
                port = int(path.read_text())
            except (OSError, ValueError):
                port = 0
            if port and _port_is_free(port):
                return port
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        path.write_text(str(port))
        return port

    def _remembered_password(self) -> str:
        path = self.folder / "password"
        if not path.exists():
            write_private(path, secrets.token_hex(24))
        return path.read_text()

    def _log_tail(self, lines: int = 15) -> str:
        try:
            text = self.log_path.read_text(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])


def write_private(path: Path, text: str) -> None:
    """Write a secret: readable by its owner only from the first moment on, replaced in one step."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)


def find_program(name: str, bundled: Path | None = None) -> Path | None:
    """The program of the wheel, else of this Python's scripts folder, else of PATH."""
    for candidate in (bundled, Path(sysconfig.get_path("scripts")) / name):
        if candidate is not None and os.access(candidate, os.X_OK):
            return candidate
    found = shutil.which(name)
    return Path(found).absolute() if found else None


def version_of(program: Path) -> tuple[int, ...]:
    """`(2, 15, 1)` from what `program --version` prints; ServerFailed when it cannot be run."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise ServerFailed(f"{program} cannot be run: {error}") from error
    for word in done.stdout.replace("v=", " ").split():
        parts = word.lstrip("v").split(".")
        if len(parts) >= 2 and parts[0].isdigit() and parts[1].isdigit():
            return tuple(int(part) for part in parts if part.isdigit())
    raise ServerFailed(f"{program} does not say its version: {done.stdout.strip()!r}")


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Without it a port whose connections were just closed counts as taken for a minute.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
