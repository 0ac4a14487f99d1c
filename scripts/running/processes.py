"""The processes of the Procfile under honcho, and the end of all of them when one ends."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import honcho.manager
import psutil
from honcho.environ import expand_processes, parse_procfile
from honcho.printer import Message

__all__ = ["Processes", "ScaleInvalid", "parse_scale", "stop_leftovers"]

OWNER = "QUIZWIRE_RUN_OF"
"""Variable in the environment of every started process, naming the run folder: by it a later run finds the
processes that a killed one left behind."""

METRICS_PORT = 9400
"""The first one tried for metrics."""

STOP_S = 30
"""Longer than a gateway needs to tell its participants to reconnect and to answer its last request."""


class ScaleInvalid(Exception):
    """`--scale` names no process, or no number."""


def parse_scale(text: str, procfile: Path) -> dict[str, int]:
    """`"web=2,scoring=2"` → `{"web": 2, "scoring": 2}`; 0 leaves a pool out. Raises ScaleInvalid."""
    known = parse_procfile(procfile.read_text()).processes
    scale: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        name, _, number = part.partition("=")
        if name not in known or not number.isdigit():
            raise ScaleInvalid(f"--scale {part!r}: use NAME=NUMBER with a NAME of {', '.join(known)}")
        scale[name] = int(number)
    return scale


class _Signals:
    """How honcho signals a process: SIGTERM to the program alone, SIGKILL to all it started.

    honcho's own way, SIGTERM to the whole group, reaches a Dramatiq worker twice, from here and from its
    master; the second time it does not finish what it is doing.
    """

    def terminate(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            if _is_gone(pid):
                os.killpg(pid, signal.SIGTERM)  # it was killed, and cannot tell its children
            else:
                os.kill(pid, signal.SIGTERM)

    def kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


class Processes(honcho.manager.Manager):  # type: ignore[misc]
    """honcho's manager with a thread that starts after the processes did, and a reason for the end."""

    def __init__(self, watch: Callable[[Processes], None]) -> None:
        honcho.manager.KILL_WAIT = STOP_S
        super().__init__()
        self._procmgr = _Signals()
        self.failure: str | None = None
        self.asked_to_stop = False
        self.web_ports: list[int] = []
        self.metrics_ports: dict[str, int] = {}  # by process
        self._watch = watch

    def add_all(
        self, procfile: Path, environment: Mapping[str, str], scale: Mapping[str, int], owner: Path
    ) -> None:
        """Add every process of the Procfile.

        `web_ports` are then those of its gateways (`PORT`, `PORT + 1`, …), and `metrics_ports` the next free ones from
        `QUIZWIRE_METRICS_PORT` on, in the order of the Procfile.
        """
        expanded = expand_processes(
            parse_procfile(procfile.read_text()).processes,
            concurrency=scale,
            env={**environment, OWNER: str(owner)},
        )
        free = _free_ports(environment)
        for process in expanded:
            kind = process.name.partition(".")[0]
            if kind == "web":
                self.web_ports.append(int(process.env["PORT"]))
            name = process.name if scale.get(kind, 1) > 1 else kind
            if (port := next(free, None)) is not None:
                self.metrics_ports[name] = port
                process.env["QUIZWIRE_METRICS_PORT"] = str(port)
            # exec: the signal must reach the program itself, not a shell around it.
            self.add_process(name, f"exec {process.cmd}", env=process.env, cwd=str(procfile.parent))

    @property
    def stopping(self) -> bool:
        """True from the first reason to stop on."""
        return bool(self._terminating)

    def dead(self) -> str | None:
        """A sentence about a program that ended, or None while all run.

        honcho waits for the end of its output, which children that outlive it keep open.
        """
        for name, state in self._processes.items():
            if state.get("pid") is not None and _is_gone(state["pid"]):
                return f"{name} ended, so everything was stopped"
        return None

    def say(self, text: str) -> None:
        """Print lines among those of the processes, from any thread."""
        self.events.put(Message(type="line", data=text, time=datetime.now(), name="quizwire", colour=None))

    def fail(self, reason: str) -> None:
        """Stop everything because of `reason`."""
        if self.failure is None and not self._terminating:
            self.failure = reason
            os.kill(os.getpid(), signal.SIGTERM)

    def loop(self) -> None:
        """Run until one process ends or somebody asks to stop; afterwards `failure` or `asked_to_stop` says why."""
        super().loop()
        if self.failure is None and not self.asked_to_stop:
            ended = [name for name, state in self._processes.items() if state.get("returncode") is not None]
            first = next(
                (n for n in ended if self._processes[n]["returncode"] == self.returncode), "a process"
            )
            self.failure = f"{first} ended with status {self.returncode}, so everything was stopped"

    def terminate(self) -> None:
        """Called by the signal handler, and by honcho when a process ended."""
        self.asked_to_stop = self.asked_to_stop or self.returncode in (130, 143)
        if self._all_started():
            super().terminate()
        else:
            # Those that are only just starting have no process id yet to send a signal to.
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()

    def _start(self) -> None:
        super()._start()
        # After the forks: a forked copy of a thread's locks would stay locked for ever.
        threading.Thread(target=self._watch, args=(self,), daemon=True).start()


def _free_ports(environment: Mapping[str, str]) -> Iterator[int]:
    """Ports for metrics; none when they are off. Two runs on one machine get along."""
    wanted = environment.get("QUIZWIRE_METRICS_PORT") or str(METRICS_PORT)
    for port in range(int(wanted) or METRICS_PORT, 65536) if wanted.isdecimal() else ():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        yield port


def stop_leftovers(owner: Path) -> int:
    """Stop the processes that a killed run of this folder left behind; returns how many there were."""
    leftovers = {
        process.pid: process for process in psutil.process_iter() if _owner_of(process) == str(owner)
    }
    for process in leftovers.values():
        with suppress(psutil.NoSuchProcess):
            if process.ppid() not in leftovers:  # the others are stopped by their parents
                process.send_signal(signal.SIGTERM)
    _, alive = psutil.wait_procs(leftovers.values(), timeout=STOP_S)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=5)
    return len(leftovers)


def _is_gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _owner_of(process: psutil.Process) -> str | None:
    try:
        owner: str | None = process.environ().get(OWNER)
        return owner
    except (psutil.Error, OSError):
        return None
