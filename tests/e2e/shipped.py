"""A Quizwire as `deploy/` has it: every process with the rights of its role alone, every connection to a server by TLS."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg2

from db import migrate
from tests.e2e.shipped_servers import PASSWORD, ShippedNats, ShippedPostgres, ShippedRedis, Tls
from tests.e2e.stack import DEPLOY, Stack, free_port
from web.console import main as quizwire

__all__ = ["Nginx", "ShippedStack"]


class ShippedStack(Stack):
    """Three gateways and every pool, each with the users of its role."""

    nats: ShippedNats

    def __init__(self, folder: Path, public_url: str) -> None:
        environment = {"QUIZWIRE_PUBLIC_URL": public_url, "QUIZWIRE_PROXIES": "127.0.0.1/32"}
        super().__init__(folder, 3, name="shipped", environment=environment)
        self.tls = Tls(folder / "shipped-tls")
        self.nats = ShippedNats(folder / "shipped-nats", self.tls)
        self.redis = ShippedRedis(folder / "shipped-redis", self.tls)
        self.postgres = ShippedPostgres(folder / "shipped-postgres", self.tls)

    def database_url(self, role: str) -> str:
        """Of one role of `roles.sql`."""
        return self.postgres.url.replace(
            self.postgres.url.partition("@")[0], f"postgresql://quizwire_{role}:{PASSWORD}"
        )

    def console(self, *arguments: str) -> int:
        """`quizwire …` in this process, for commands that leave PostgreSQL alone; its exit status."""
        environment = {"DATABASE_URL": self.postgres.url, "NATS_URL": self.nats.url}
        return quizwire([*arguments, "--json"], environment)

    def _prepare(self, environment: Mapping[str, str]) -> None:
        roles = (DEPLOY / "postgres/roles.sql").read_text()
        for role in ("migrate", "web", "workers"):
            roles = roles.replace(f":'{role}_password'", f"'{PASSWORD}'")
        _execute(self.postgres.url, roles)
        migrate.up(self.database_url("migrate"))
        _execute(self.database_url("migrate"), (DEPLOY / "postgres/narrow.sql").read_text())
        assert self.console("streams") == 0

    def _of_role(self, kind: str) -> Mapping[str, str]:
        role = "web" if kind == "web" else "workers"
        return {
            "NATS_URL": ",".join([self.nats.url_of(role)] * 2),  # as in a cluster
            "DATABASE_URL": self.database_url(role),
            "SSL_CERT_FILE": str(self.tls.authority),
        }


class Nginx:
    """The shipped configuration, but for where it listens, its certificate and its gateways."""

    def __init__(self, folder: Path, program: str) -> None:
        self.folder = folder / "nginx"
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, tls: Tls, gateways: list[str]) -> None:
        """Returns once it listens."""
        self.folder.mkdir()
        for name in ("nginx.conf", "quizwire.conf", "headers.conf"):
            shutil.copy(DEPLOY / "nginx" / name, self.folder)
        addresses = [gateway.removeprefix("http://") for gateway in gateways]
        lines = [f"server {address} max_fails=1 fail_timeout=2s;\n" for address in addresses]
        (self.folder / "gateways.conf").write_text("".join(lines))
        paths = [f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy")]
        (self.folder / "site.conf").write_text(
            f"listen 127.0.0.1:{self.port} ssl;\nserver_name localhost;\n"
            f"ssl_certificate {tls.certificate};\nssl_certificate_key {tls.key};\n"
            "add_header X-Gateway $upstream_addr always;\n" + "\n".join(paths)
        )
        settings = f"daemon off; pid {self.folder}/pid; error_log {self.folder}/error.log;"
        command = [self._program, "-c", f"{self.folder}/nginx.conf", "-e", f"{self.folder}/error.log"]
        self._process = subprocess.Popen(
            [*command, "-g", settings],
            stdin=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", os.defpath)},
        )
        deadline = time.monotonic() + 20
        while not (self.folder / "pid").exists() or not (self.folder / "pid").read_text().strip():
            assert self._process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def stop(self) -> None:
        """At once."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)

    def log(self) -> str:
        """What it complained of."""
        path = self.folder / "error.log"
        return path.read_text() if path.exists() else ""


def _execute(url: str, statements: str) -> None:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statements)
    finally:
        connection.close()
