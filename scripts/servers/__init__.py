"""NATS, Redis and PostgreSQL as child processes on 127.0.0.1: for one machine, for tests, for the benchmark.

Each server keeps everything it owns in one folder, remembers its port there, and takes up its data again.
"""

from __future__ import annotations

from scripts.servers.nats_server import NatsServer
from scripts.servers.postgres_server import PostgresServer
from scripts.servers.redis_server import RedisServer
from scripts.servers.server import Server, ServerFailed

__all__ = ["NatsServer", "PostgresServer", "RedisServer", "Server", "ServerFailed"]
