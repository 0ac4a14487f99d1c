"""What the routes and the gateway work with: the connections of one web process."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import redis
import structlog
from nats.aio.client import Client
from nats.errors import SlowConsumerError
from nats.js import JetStreamContext
from quart import Quart, current_app

from bus import streams, subjects
from bus.receipts import Receipts
from bus.telemetry.metrics import NATS_CONNECTED, NATS_DISCONNECTS, NATS_DROPS, NATS_RECONNECTS
from db import checks
from db.blobs import Blobs
from db.connecting import connect_redis
from db.errors import Unavailable
from db.pool import Pool
from web.config import Config
from web.gateway import Gateway, Settings
from web.passwords import Passwords
from web.reception import Reception

__all__ = ["Services", "close_services", "open_services", "services", "services_of"]

_T = TypeVar("_T")
log = structlog.get_logger(__name__)

START_PATIENCE_S = 60.0
"""How long to wait at start for servers that are starting too."""


@dataclass(slots=True)
class Services:
    """The connections of one web process, and its gateway."""

    config: Config
    pool: Pool
    redis: redis.Redis
    blobs: Blobs
    nats: Client
    js: JetStreamContext
    passwords: Passwords
    stopping: asyncio.Event  # set before the connections are closed on purpose
    gateway: Gateway
    reception: Reception
    nats_ping: tuple[int, asyncio.Task[bool]] | None = None  # number of the connection, and a probe's ping
    draining: bool = False  # on its way out: not ready, takes no new sockets
    asked_to_leave: asyncio.Event = field(default_factory=asyncio.Event)  # by `quizwire drain`


def services_of(app: Quart) -> Services:
    """The services of `app`, which must be serving."""
    found: Services = app.extensions["quizwire"]
    return found


def services() -> Services:
    """The services of the app that handles the current request."""
    return services_of(current_app)


async def open_services(config: Config) -> Services:
    """Connect to everything, waiting up to a minute for servers that are still starting.

    When the NATS connection is later gone for good, the process exits: whoever supervises it starts a fresh
    one. Raises TimeoutError, db.errors.Unavailable or ServerUnsuitable.
    """
    stopping = asyncio.Event()
    after_loss: list[Callable[[], None]] = []
    client = connect_redis(config.redis_url)
    connection = await _connect(config, stopping, after_loss)
    try:
        await streams.ensure(connection, update=False)
        await _patiently(checks.check_redis, client)
        await _patiently(checks.check_postgres, config.database_url)
        js = connection.jetstream(timeout=5)
        pool = Pool(config.database_url, config.db_pool)
        settings = Settings(
            config.node,
            config.accepted_secrets,
            config.origins,
            config.streams,
            most=config.max_connections,
            per_network=config.max_connections_per_address,
            per_user=config.max_connections_per_user,
        )
        receipts = Receipts()
        await receipts.open(connection)
        gateway = Gateway(settings, connection, js, receipts, pool, client)
        after_loss.append(gateway.resync)
        await gateway.start()
    except BaseException:
        stopping.set()
        await connection.close()
        raise
    return Services(
        config=config,
        pool=pool,
        redis=client,
        blobs=Blobs(config.blobs),
        nats=connection,
        js=js,
        passwords=Passwords(),
        stopping=stopping,
        gateway=gateway,
        reception=Reception(pool, client, connection),
    )


async def close_services(opened: Services) -> None:
    """Close what `open_services` opened, after the last request."""
    opened.draining = True
    await opened.gateway.stop()
    opened.stopping.set()
    await opened.nats.close()
    await asyncio.to_thread(opened.pool.close)
    await asyncio.to_thread(opened.redis.close)
    opened.passwords.close()


async def _connect(config: Config, stopping: asyncio.Event, after_loss: list[Callable[[], None]]) -> Client:
    """A connection that never gives up; `after_loss` is called whenever messages may have been lost."""

    async def on_error(error: Exception) -> None:
        log.warning("nats_error", error=type(error).__name__)
        if isinstance(error, SlowConsumerError):  # the only sign that a full subscription dropped something
            NATS_DROPS.inc()
            lost()

    def lost() -> None:
        for callback in after_loss:
            callback()

    async def on_disconnected() -> None:
        NATS_CONNECTED.set(0)
        if not stopping.is_set():
            NATS_DISCONNECTS.inc()
            log.warning("nats_disconnected")

    async def on_reconnected() -> None:
        NATS_CONNECTED.set(1)
        NATS_RECONNECTS.inc()
        log.info("nats_reconnected")
        lost()

    async def on_closed() -> None:
        if not stopping.is_set():
            log.error("nats_closed_for_good")
            os._exit(1)

    client = Client()
    try:
        # With endless attempts the first connection is tried until it succeeds, too.
        await asyncio.wait_for(
            client.connect(
                config.nats_url.split(","),
                inbox_prefix=subjects.inboxes(config.nats_url),
                name=f"quizwire-web-{config.node}",
                max_reconnect_attempts=-1,
                reconnect_time_wait=0.2,  # type: ignore[arg-type]  # it only sleeps by it
                connect_timeout=2,
                ping_interval=2,
                max_outstanding_pings=3,
                error_cb=on_error,
                disconnected_cb=on_disconnected,
                reconnected_cb=on_reconnected,
                closed_cb=on_closed,
            ),
            START_PATIENCE_S,
        )
    except BaseException:
        stopping.set()
        raise
    NATS_CONNECTED.set(1)
    return client


async def _patiently(check: Callable[[_T], None], server: _T) -> None:
    """Run a blocking check until the server answers, for a minute; its last error is raised."""
    deadline = time.monotonic() + START_PATIENCE_S
    while True:
        try:
            return await asyncio.to_thread(check, server)
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.3)
