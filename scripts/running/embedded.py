"""Embedded servers for whichever of NATS_URL, REDIS_URL and DATABASE_URL is unset."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

from scripts.servers import NatsServer, PostgresServer, RedisServer, Server

__all__ = ["EmbeddedServers"]

KINDS: dict[str, tuple[str, type[Server]]] = {
    "NATS_URL": ("nats", NatsServer),
    "REDIS_URL": ("redis", RedisServer),
    "DATABASE_URL": ("postgres", PostgresServer),
}


class EmbeddedServers:
    """The servers of one run folder, in the order they were started."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._servers: list[Server] = []

    def includes(self, variable: str) -> bool:
        """True when the server that `variable` names is ours."""
        return any(isinstance(server, KINDS[variable][1]) for server in self._servers)

    def start(self, environment: MutableMapping[str, str]) -> None:
        """Start what `environment` does not name, and name it there. Raises ServerFailed."""
        for variable, (folder, kind) in KINDS.items():
            if environment.get(variable):
                continue
            server = kind(self._folder / folder)
            self._servers.append(server)
            server.start()
            environment[variable] = server.url

    def stop(self) -> None:
        """Stop them, the last started first; their data stays."""
        while self._servers:
            self._servers.pop().stop()

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by the server's name."""
        return {server.name: server.pid for server in self._servers}

    def dead(self) -> str | None:
        """A sentence about a server that ended by itself, or None while all run."""
        for server in self._servers:
            if not server.running:
                return f"{server.name} ended with status {server.returncode}: see {server.log_path}"
        return None

    def describe(self) -> str:
        """`postgres on 127.0.0.1:5433, …`, without passwords."""
        return ", ".join(f"{server.name} on 127.0.0.1:{server.port}" for server in self._servers)
