"""A Quizwire as `deploy/` has it: every process with the rights of its role alone, NATS and nginx with TLS."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from string import Template

import psycopg2
import trustme
from nats.aio.client import Client

from db import migrate
from scripts.servers import NatsServer, RedisServer
from scripts.servers.server import write_private
from tests.e2e.stack import ROOT, Stack, free_port
from web.console import main as quizwire

__all__ = ["Nginx", "ShippedStack"]

DEPLOY = ROOT / "deploy"
PASSWORD = "of-the-tests"
ROLES = ("web", "workers", "console")


class ShippedNats(NatsServer):
    """With the shipped permissions; `url` is the console's."""

    certificate: Path

    @property
    def url(self) -> str:
        """The console's; others by `url_of`."""
        return self.url_of("console")

    def url_of(self, role: str) -> str:
        """`tls://<role>:…`."""
        return f"tls://{role}:{PASSWORD}@127.0.0.1:{self.port}"

    def _prepare(self) -> None:
        shipped = (DEPLOY / "nats/permissions.conf").read_text()
        for role in (*ROLES, "sys"):
            shipped = shipped.replace(f"$QUIZWIRE_NATS_{role.upper()}_PASSWORD", f'"{PASSWORD}"')
        write_private(self.folder / "permissions.conf", shipped)
        config = f"""\
server_name: quizwire
listen: "127.0.0.1:{self.port}"
max_payload: 1MB
tls {{ cert_file: "{self.certificate}", key_file: "{self.certificate}" }}
jetstream {{ store_dir: "{self.folder / "data"}", sync_interval: always }}
include "permissions.conf"
"""
        write_private(self.folder / "nats.conf", config)

    def _check_ready(self) -> None:
        async def look() -> None:
            client = Client()
            await asyncio.wait_for(client.connect(self.url, allow_reconnect=False, connect_timeout=1), 2)
            try:
                await client.jetstream(timeout=1).account_info()
            finally:
                await client.close()

        asyncio.run(look())


class ShippedRedis(RedisServer):
    """With the shipped ACL."""

    @property
    def url(self) -> str:
        """Of the one user that there is."""
        return f"redis://quizwire:{PASSWORD}@127.0.0.1:{self.port}/0"

    def _prepare(self) -> None:
        super()._prepare()
        acl = Template((DEPLOY / "redis/users.acl").read_text()).substitute(QUIZWIRE_REDIS_PASSWORD=PASSWORD)
        write_private(self.folder / "users.acl", acl)
        settings = (self.folder / "redis.conf").read_text().splitlines()
        kept = [line for line in settings if not line.startswith("requirepass")]
        write_private(
            self.folder / "redis.conf", "\n".join([*kept, f"aclfile {self.folder / 'users.acl'}", ""])
        )


class ShippedStack(Stack):
    """Three gateways and every pool, each with the users of its role."""

    nats: ShippedNats

    def __init__(self, folder: Path, public_url: str) -> None:
        environment = {"QUIZWIRE_PUBLIC_URL": public_url, "QUIZWIRE_PROXIES": "127.0.0.1/32"}
        super().__init__(folder, 3, name="shipped", environment=environment)
        authority = trustme.CA()
        self.authority = folder / "shipped-ca.pem"
        authority.cert_pem.write_to_path(str(self.authority))
        self.certificate = folder / "shipped.pem"
        authority.issue_cert("127.0.0.1", "localhost").private_key_and_cert_chain_pem.write_to_path(
            str(self.certificate)
        )
        self.nats = ShippedNats(folder / "shipped-nats")
        self.nats.certificate = self.certificate
        self.redis = ShippedRedis(folder / "shipped-redis", durable=False)

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
            "NATS_URL": self.nats.url_of(role),
            "DATABASE_URL": self.database_url(role),
            "SSL_CERT_FILE": str(self.authority),
        }


class Nginx:
    """The shipped configuration, but for where it listens, its certificate and its gateways."""

    def __init__(self, folder: Path, program: str) -> None:
        self.folder = folder / "nginx"
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, certificate: Path, gateways: list[str]) -> None:
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
            f"ssl_certificate {certificate};\nssl_certificate_key {certificate};\n" + "\n".join(paths)
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
