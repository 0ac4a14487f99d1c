"""`/metrics`, `/livez` and `/readyz` of one process, on a port of its own, served by a thread of its own."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from logging import getLogger
from threading import Thread

from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

__all__ = ["Exporter", "Probes"]

_log = getLogger(__name__)

PORTS = 50
"""How many are tried, from the first on: the processes of one pool on one machine take one each."""

PATIENCE_S = 2.0
READ_S = 5.0  # a caller who says nothing for this long is hung up on

Check = Callable[[], object]
"""Raises when what it asks does not answer."""


class Probes:
    """Whether this process is alive, and may be given work. Each dependency is asked by name, all at once."""

    def __init__(self, checks: Mapping[str, Check], is_alive: Callable[[], bool]) -> None:
        self.draining = False
        self.is_alive = is_alive
        self._checks = checks
        self._threads = ThreadPoolExecutor(max_workers=len(checks) or 1, thread_name_prefix="probe")
        self._asked: dict[str, Future[object]] = {}

    def readiness(self) -> dict[str, str | bool]:
        """`{"postgres": "ok", …, "draining": false}`; what does not answer within two seconds is `failing`."""
        for name, check in self._checks.items():
            asked = self._asked.get(name)
            if asked is None or asked.done():  # else it hangs, and asking once more would hang as well
                self._asked[name] = self._threads.submit(check)
        wait_for(self._asked.values(), PATIENCE_S)
        return {
            **{name: "ok" if _is_well(asked) else "failing" for name, asked in self._asked.items()},
            "draining": self.draining,
        }


def _is_well(asked: Future[object]) -> bool:
    return asked.done() and asked.exception() is None


class Exporter:
    """Serves what REGISTRY holds, and `probes` where there are any."""

    def __init__(self, host: str, port: int, probes: Probes | None = None) -> None:
        self.host = host
        self.port: int | None = None  # once it is served
        self.probes = probes
        self._wanted = port
        self._server: _Server | None = None

    def start(self) -> None:
        """Serve on the first free port from the wanted one on. A process works without metrics when there is none."""
        for port in range(self._wanted, min(self._wanted + (PORTS if self._wanted else 1), 65536)):
            try:
                self._server = _Server(self.host, port, self.probes)
            except OSError as error:
                _log.debug("metrics cannot be served on %s:%d: %s", self.host, port, error)
                continue
            self.port = int(self._server.server_address[1])
            Thread(target=self._server.serve_forever, name="exporter", daemon=True).start()
            _log.info("metrics are served on %s:%d", self.host, self.port)
            return
        _log.error(
            "metrics are not served: no free port on %s from %d on (QUIZWIRE_METRICS_PORT)",
            self.host,
            self._wanted,
        )

    def stop(self) -> None:
        """Serve no more."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 16

    def __init__(self, host: str, port: int, probes: Probes | None) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.probes = probes
        super().__init__((host, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller who hangs up is nothing to tell."""
        _log.debug("a scrape was not finished", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = READ_S

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        probes = self.server.probes
        if path == "/metrics":
            encode, content_type = choose_encoder(self.headers.get("Accept", ""))
            self._reply(200, encode(REGISTRY), content_type)
        elif path == "/livez" and probes is not None:
            alive = probes.draining or probes.is_alive()  # its threads end one by one then
            self._reply_json(200 if alive else 503, {"status": "ok" if alive else "failing"})
        elif path == "/readyz" and probes is not None:
            readiness = probes.readiness()
            ready = not readiness["draining"] and "failing" not in readiness.values()
            self._reply_json(200 if ready else 503, readiness)
        else:
            self._reply_json(404, {"status": "there is nothing here"})

    def _reply_json(self, status: int, body: Mapping[str, object]) -> None:
        self._reply(status, json.dumps(body).encode(), "application/json")

    def _reply(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Probes every second would drown everything else."""
