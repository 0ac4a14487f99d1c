"""The order of things in `scripts/up`."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import socket
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from scripts.running.demo import DemoFailed, load_demo
from scripts.running.embedded import EmbeddedServers
from scripts.running.folder import FolderBusy, RunFolder
from scripts.running.ports import PortTaken, check_ports
from scripts.running.prepare import Unprepared, prepare
from scripts.running.processes import Processes, ScaleInvalid, parse_scale, stop_leftovers
from scripts.servers import ServerFailed
from scripts.servers.server import write_private

ROOT = Path(__file__).parents[2]
PROCFILE = ROOT / "Procfile"
READY_S = 90.0
"""How long the web processes may take until they are ready."""

TARGETS = "metrics.json"
"""In the run folder: where every process serves its metrics."""

GATEWAYS = "gateways"
"""In the run folder: the address of every gateway, a line each."""

PAGES = {
    "/": "join and play",
    "/host": "write and host quizzes",
    "/admin": "administration",
    "/docs": "API documentation",
    "/openapi.json": "OpenAPI",
}
"""What is announced, where it is there."""

CONSOLE = ("DATABASE_URL", "NATS_URL", "REDIS_URL", "QUIZWIRE_SECRET", "QUIZWIRE_BLOBS", "QUIZWIRE_STREAMS")

EXPECTED = (FolderBusy, PortTaken, ScaleInvalid, ServerFailed, Unprepared)


class StopAsked(BaseException):
    """SIGTERM or Ctrl-C before the processes run."""


def main() -> int:
    """0 after Ctrl-C or SIGTERM, 1 with a sentence on stderr otherwise."""
    arguments = _arguments()
    folder = RunFolder(Path(os.environ.get("QUIZWIRE_HOME") or ROOT / ".quizwire"))
    servers = EmbeddedServers(folder.path)
    _on_signals(_raise_stop)
    try:
        scale = parse_scale(arguments.scale, PROCFILE)
        folder.lock()
        status = _run(folder, servers, scale, demo=arguments.demo)
    except EXPECTED as error:
        print(f"quizwire: {error}", file=sys.stderr)
        return 1
    except PermissionError as error:
        print(f"quizwire: {error}: does {folder.path} belong to another user?", file=sys.stderr)
        return 1
    except StopAsked:
        status = 0
    finally:
        # From here on a second Ctrl-C must not leave anything half stopped.
        _on_signals(signal.SIG_IGN)
        servers.stop()
    if status == 0:
        print(f"quizwire: everything is stopped; the data stays in {folder.path} for the next scripts/up")
    return status


def _run(folder: RunFolder, servers: EmbeddedServers, scale: dict[str, int], *, demo: bool) -> int:
    if stop_leftovers(folder.path):
        print("quizwire: stopped what a killed run had left behind", flush=True)
    environment = _environment(folder)
    check_ports(environment["HOST"], int(environment["PORT"]), scale.get("web", 1))
    started_at = time.monotonic()
    servers.start(environment)
    if servers.describe():
        print(f"quizwire: {servers.describe()} ({time.monotonic() - started_at:.1f} s)", flush=True)
    for name in prepare(environment, own_streams=servers.includes("NATS_URL")):
        print(f"quizwire: applied migration {name}", flush=True)

    processes = Processes(
        partial(_watch, folder=folder, servers=servers, host=environment["HOST"], demo=demo)
    )
    processes.add_all(PROCFILE, environment, scale, folder.path)
    _tell_console(folder, environment)
    (folder.path / GATEWAYS).write_text(
        "".join(f"{url}\n" for url in _base_urls(processes, environment["HOST"]))
    )
    _tell_targets(folder, _reachable(environment.get("QUIZWIRE_METRICS_HOST") or ""), processes.metrics_ports)
    try:
        processes.loop()
    finally:
        _on_signals(signal.SIG_IGN)
        stop_leftovers(folder.path)
    if processes.failure is not None:
        print(f"quizwire: {processes.failure}; the data stays in {folder.path}", file=sys.stderr)
        return 1
    return 0


def _watch(
    processes: Processes, *, folder: RunFolder, servers: EmbeddedServers, host: str, demo: bool
) -> None:
    """In a thread beside the processes: wait until they are ready, load the demo, then watch the servers."""
    try:
        base_urls = _base_urls(processes, host)
        if base_urls and _wait_ready(processes, base_urls):
            _introduce(processes, base_urls, folder, host, demo=demo)
        while not processes.stopping:
            dead = servers.dead() or processes.dead()
            if dead is not None:
                processes.fail(dead)
                return
            time.sleep(0.5)
    except Exception as error:
        processes.fail(f"{type(error).__name__}: {error}")


def _base_urls(processes: Processes, host: str) -> list[str]:
    """Where the gateways answer on this machine."""
    return [f"http://{_reachable(host)}:{port}" for port in processes.web_ports]


def _wait_ready(processes: Processes, base_urls: list[str]) -> bool:
    """True once every web process answers /readyz; False when everything stops before that."""
    deadline = time.monotonic() + READY_S
    for base_url in base_urls:
        while not _answers(f"{base_url}/readyz"):
            if processes.stopping:
                return False
            if time.monotonic() > deadline:
                processes.fail(f"{base_url}/readyz did not answer 200 within {READY_S:g} s")
                return False
            time.sleep(0.1)
    return True


def _answers(url: str) -> bool:
    """True for a reply of 200."""
    try:
        with urlopen(url, timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def _introduce(
    processes: Processes, base_urls: list[str], folder: RunFolder, host: str, *, demo: bool
) -> None:
    processes.say(f"ready: {' '.join(base_urls)}")
    if processes.metrics_ports:
        ports = " ".join(f"{name}={port}" for name, port in processes.metrics_ports.items())
        processes.say(f"metrics: {ports}   for Prometheus: {folder.path / TARGETS}")
    lines = [f"{what}: {base_urls[0]}{path}" for path, what in PAGES.items() if _answers(base_urls[0] + path)]
    lines.append("an admin: scripts/quizwire user create-admin YOU@example.org")
    if (lan := _lan_url(host, base_urls[0])) is not None:
        lines.append(
            f"for phones in your network: {lan}/   (open {lan}/host too: the QR code shows the address you use)"
        )
    if demo:
        try:
            loaded = load_demo(base_urls[0], folder.path / "demo.json")
        except (DemoFailed, URLError, TimeoutError) as error:
            processes.fail(f"the demo could not be loaded: {error}")
            return
        lines.append(f"demo host: {loaded.email}   password: {loaded.password}")
        lines.append(f"join code: {loaded.join_code}")
    for line in lines:  # together, and last, so that they are found
        processes.say(line)


def _environment(folder: RunFolder) -> dict[str, str]:
    """What the processes get: ours, with everything filled in that is not set."""
    environment = dict(os.environ)
    scripts = str(Path(sys.executable).parent)
    environment["PATH"] = f"{scripts}{os.pathsep}{environment.get('PATH', os.defpath)}"
    environment["PYTHONUNBUFFERED"] = "1"
    environment["HOST"] = environment.get("HOST") or "127.0.0.1"
    environment["PORT"] = environment.get("PORT") or "8000"
    if not environment["PORT"].isdecimal():
        raise Unprepared(f"PORT is {environment['PORT']!r}: set it to a number from 1 to 65535")
    environment["QUIZWIRE_SECRET"] = environment.get("QUIZWIRE_SECRET") or folder.secret()
    # A terminal is no place for a line per request.
    environment["LOG_LEVEL"] = environment.get("LOG_LEVEL") or "warning"
    environment["QUIZWIRE_BLOBS"] = environment.get("QUIZWIRE_BLOBS") or str(folder.path / "blobs")
    return environment


def _tell_targets(folder: RunFolder, host: str, ports: Mapping[str, int]) -> None:
    """Where Prometheus finds every process, in the form of its file_sd_configs."""
    targets = [
        {"targets": [f"{host}:{port}"], "labels": {"process": name, "pool": name.partition(".")[0]}}
        for name, port in ports.items()
    ]
    (folder.path / TARGETS).write_text(json.dumps(targets, indent=1) + "\n")


def _tell_console(folder: RunFolder, environment: Mapping[str, str]) -> None:
    """What `scripts/quizwire` needs to know, passwords included; for the shell."""
    lines = [f"export {name}={shlex.quote(environment[name])}\n" for name in CONSOLE if environment.get(name)]
    write_private(folder.path / "environment", "".join(lines))


def _lan_url(host: str, base_url: str) -> str | None:
    """The address under which others in the network reach a server that listens everywhere; None when it does not."""
    if _reachable(host) == host:
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only asks which way it would go
        except OSError:
            return None
        return f"http://{probe.getsockname()[0]}:{base_url.rpartition(':')[2]}"


def _reachable(host: str) -> str:
    """Where a server bound to `host` answers on this machine."""
    if host in ("", "0.0.0.0", "::"):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _on_signals(action: object) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, action)  # type: ignore[arg-type]


def _raise_stop(number: int, frame: FrameType | None) -> None:
    raise StopAsked


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/up",
        description="Start Quizwire on this machine: servers, schema, demo quiz and every process of the Procfile.",
        epilog="Environment: NATS_URL, REDIS_URL, DATABASE_URL (each embedded when unset), HOST, PORT (8000),"
        " QUIZWIRE_HOME (.quizwire). Ctrl-C stops everything and keeps the data.",
    )
    parser.add_argument(
        "--no-demo", dest="demo", action="store_false", help="load no demo host, quiz and session"
    )
    parser.add_argument(
        "--scale",
        default="",
        metavar="NAME=N,…",
        help="processes of a kind, e.g. web=2,scoring=2 (web: PORT, PORT+1, …)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
