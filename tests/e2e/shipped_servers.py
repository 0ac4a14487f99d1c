"""The servers as `deploy/` configures them: whole files, but for ports, paths and what a test has to be let into."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from string import Template

import pytest
import trustme
from nats.aio.client import Client

from scripts.servers import NatsServer, PostgresServer, RedisServer
from scripts.servers.postgres_server import NOBODY
from scripts.servers.server import write_private
from tests.e2e.stack import DEPLOY

__all__ = ["PASSWORD", "ClusterNode", "ShippedNats", "ShippedPostgres", "ShippedRedis", "Tls"]

PASSWORD = "of-the-tests"


class Tls:
    """An authority of the tests and one certificate of it, for 127.0.0.1 and not for localhost; in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o711)
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1")
        self.authority = folder / "ca.pem"
        self.certificate = folder / "server.pem"  # and its chain
        self.key = folder / "server.key"
        authority.cert_pem.write_to_path(str(self.authority))
        for part in issued.cert_chain_pems:
            part.write_to_path(str(self.certificate), append=True)
        issued.private_key_pem.write_to_path(str(self.key))


def shipped(file: str, changes: Mapping[str, str]) -> str:
    """A file of `deploy/` with these lines or words replaced, each of which is in it once."""
    text = (DEPLOY / file).read_text()
    for old, new in changes.items():
        assert text.count(old) == 1, f"{file}: {old}"
        text = text.replace(old, new)
    return text


class RestrictedNats(NatsServer):
    """`permissions.conf`; `url` is the console's."""

    scheme = "nats"
    server_name = "quizwire"

    @property
    def url(self) -> str:
        """The console's; others by `url_of`."""
        return self.url_of("console")

    def url_of(self, role: str) -> str:
        """`<scheme>://<role>:…`."""
        return f"{self.scheme}://{role}:{PASSWORD}@127.0.0.1:{self.port}"

    def _prepare(self) -> None:
        write_private(self.folder / "nats.conf", self._configuration())
        write_private(self.folder / "permissions.conf", shipped("nats/permissions.conf", {}))

    def _configuration(self) -> str:
        raise NotImplementedError

    def _command(self) -> list[str]:
        users = ("WEB", "WORKERS", "CONSOLE", "SYS")
        passwords = [f"QUIZWIRE_NATS_{user}_PASSWORD={PASSWORD}" for user in users]
        return ["env", f"NATS_SERVER_NAME={self.server_name}", *passwords, *super()._command()]

    def _check_ready(self) -> None:
        async def look() -> None:
            client = Client()
            await asyncio.wait_for(
                client.connect(
                    self.url, inbox_prefix="_INBOX.console", allow_reconnect=False, connect_timeout=1
                ),
                2,
            )
            try:
                await client.jetstream(timeout=1).account_info()
            finally:
                await client.close()

        asyncio.run(look())


class ShippedNats(RestrictedNats):
    """`nats.conf`: one node, by TLS."""

    scheme = "tls"

    def __init__(self, folder: Path, tls: Tls) -> None:
        super().__init__(folder)
        self.tls = tls

    def _configuration(self) -> str:
        changes = {
            'listen: "0.0.0.0:4222"': f'listen: "127.0.0.1:{self.port}"',
            "127.0.0.1:8222": "127.0.0.1:-1",  # any free port
            "/etc/quizwire/tls/nats.pem": str(self.tls.certificate),
            "/etc/quizwire/tls/nats.key": str(self.tls.key),
            "/var/lib/nats": str(self.folder / "data"),
        }
        return shipped("nats/nats.conf", changes)


class ClusterNode(RestrictedNats):
    """`kubernetes/base/nats.conf`: node `nats-<number>` of those whose cluster ports these are."""

    def __init__(self, folder: Path, number: int, ports: list[int]) -> None:
        super().__init__(folder)
        self.server_name = f"nats-{number}"
        self._number = number
        self._ports = ports

    @property
    def pid_file(self) -> Path:
        """The server's own, for `nats-server --signal`."""
        return self.folder / "nats.pid"

    def _configuration(self) -> str:
        changes = {
            'listen: "0.0.0.0:4222"': f'listen: "127.0.0.1:{self.port}"',
            "0.0.0.0:8222": "127.0.0.1:-1",
            "0.0.0.0:6222": f"127.0.0.1:{self._ports[self._number]}",
            "/var/run/nats/nats.pid": str(self.pid_file),
            'store_dir: "/data"': f'store_dir: "{self.folder / "data"}"',
            **{f"nats-{number}.nats:6222": f"127.0.0.1:{port}" for number, port in enumerate(self._ports)},
        }
        return shipped("kubernetes/base/nats.conf", changes)


class ShippedRedis(RedisServer):
    """`redis.conf` and `users.acl`. The Redis of our wheel knows no TLS: it has to be the system's."""

    def __init__(self, folder: Path, tls: Tls) -> None:
        super().__init__(folder)
        self.tls = tls

    @property
    def url(self) -> str:
        """Of the one user that there is."""
        return f"rediss://quizwire:{PASSWORD}@127.0.0.1:{self.port}/0?ssl_ca_certs={self.tls.authority}"

    def _program(self) -> Path:
        return system_program("redis-server", "redis-server")

    def _prepare(self) -> None:
        (self.folder / "data").mkdir(exist_ok=True)
        acl = Template(shipped("redis/users.acl", {})).substitute(QUIZWIRE_REDIS_PASSWORD=PASSWORD)
        write_private(self.folder / "users.acl", acl)
        changes = {
            "bind 0.0.0.0 -::*": f"bind 127.0.0.1\ndir {self.folder / 'data'}\nset-proc-title no",
            "tls-port 6379": f"tls-port {self.port}",
            "/etc/quizwire/tls/redis.pem": str(self.tls.certificate),
            "/etc/quizwire/tls/redis.key": str(self.tls.key),
            "/etc/quizwire/tls/ca.pem": str(self.tls.authority),
            "/etc/redis/users.acl": str(self.folder / "users.acl"),
        }
        write_private(self.folder / "redis.conf", shipped("redis/redis.conf", changes))


class ShippedPostgres(PostgresServer):
    """`quizwire.conf` and `pg_hba.conf`. The PostgreSQL of our wheel knows no TLS: it has to be the system's."""

    def __init__(self, folder: Path, tls: Tls) -> None:
        super().__init__(folder)
        self.tls = tls

    def url_of(self, database: str) -> str:
        """By TLS alone, and only when its certificate is the authority's and for this host."""
        return f"{super().url_of(database)}?sslmode=verify-full&sslrootcert={self.tls.authority}"

    def _bundled_or_found(self) -> Path:
        debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        return debian[-1] if debian else system_program("postgres", "postgresql")

    def _prepare(self) -> None:
        super()._prepare()
        key = self._data / "server.key"
        if key.exists():
            return
        write_private(key, self.tls.key.read_text())
        if os.geteuid() == 0:
            shutil.chown(key, NOBODY, NOBODY)
        changes = {
            "/etc/quizwire/tls/postgres.pem": str(self.tls.certificate),
            "/etc/quizwire/tls/postgres.key": str(key),
        }
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(shipped("postgres/quizwire.conf", changes))
        us = "hostssl all quizwire 127.0.0.1/32 scram-sha-256\n"  # the superuser that makes the roles
        (self._data / "pg_hba.conf").write_text(us + shipped("postgres/pg_hba.conf", {}))

    def _command(self) -> list[str]:
        settings = ["listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories="]
        options = [option for setting in settings for option in ("-c", setting)]
        return [str(self._programs / "postgres"), "-D", str(self._data), *options]


def system_program(name: str, package: str) -> Path:
    """Not that of a wheel. Skips where there is none; on CI that is a failure."""
    found = shutil.which(name, path="/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(f"no {name}: .ci/run has to install {package}")
    if found is None:
        pytest.skip(f"no {name} of the system: apt-get install {package}")
    return Path(found)
