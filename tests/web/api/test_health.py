"""Probes, with servers that go away."""

from __future__ import annotations

import asyncio
import os
import signal

from quart import Quart

from scripts.servers import NatsServer, PostgresServer, RedisServer
from tests.conftest import StartServer
from tests.web.conftest import SECRET
from tests.web.people import People
from web.app import create_app
from web.config import Config
from web.services import services_of


async def test_alive_and_ready(people: People) -> None:
    assert (await people.guest().get("/livez")).status == 200
    ready = await people.guest().get("/readyz")
    assert (ready.status, ready.body) == (
        200,
        {"postgres": "ok", "redis": "ok", "nats": "ok", "draining": False},
    )


async def test_a_draining_process_is_not_ready(app: Quart, people: People) -> None:
    services_of(app).draining = True
    ready = await people.guest().get("/readyz")
    assert (ready.status, ready.body["draining"]) == (503, True)
    assert (await people.guest().get("/livez")).status == 200


async def test_a_bus_that_hung_is_heard_again(
    start_server: StartServer, redis_url: str, database_url: str
) -> None:
    """A ping that was given up is answered after all."""
    nats = start_server(NatsServer)
    config = Config(
        secret=SECRET, database_url=database_url, nats_url=nats.url, redis_url=redis_url, db_pool=2
    )
    app = create_app(config)
    async with app.test_app():
        guest = People(app).guest()
        os.kill(nats.pid, signal.SIGSTOP)
        try:
            assert (await guest.get("/readyz")).body["nats"] == "failing"
        finally:
            os.kill(nats.pid, signal.SIGCONT)
        async with asyncio.timeout(5):
            await services_of(app).js.account_info()
        assert (await guest.get("/readyz")).status == 200


async def test_a_server_that_is_away_is_named(start_server: StartServer) -> None:
    nats, redis, postgres = (start_server(kind) for kind in (NatsServer, RedisServer, PostgresServer))
    config = Config(
        secret=SECRET, database_url=postgres.url, nats_url=nats.url, redis_url=redis.url, db_pool=2
    )
    app = create_app(config)
    async with app.test_app():
        guest = People(app).guest()
        assert (await guest.get("/readyz")).status == 200
        away = []
        for name, server in (("redis", redis), ("nats", nats), ("postgres", postgres)):
            await asyncio.to_thread(server.stop)
            away.append(name)
            ready = await guest.get("/readyz")
            assert ready.status == 503
            assert sorted(key for key, value in ready.body.items() if value == "failing") == sorted(away)
            assert (await guest.get("/livez")).status == 200
        login = {"email": "a@example.test", "password": "something"}
        refused = await guest.post("/users/login", login)
        assert (refused.status, refused.body["code"], refused.body["retryable"]) == (503, "unavailable", True)
        assert refused.headers["Retry-After"]
