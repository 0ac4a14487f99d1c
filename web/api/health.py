"""Probes: is the process alive, may it get traffic."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Literal

import msgspec
import nats.errors
from nats.aio.client import Client
from quart import Blueprint, Response
from quart_schema import document_response

from db import statistics
from web.rates import unlimited
from web.replies import reply
from web.services import Services, services

__all__ = ["blueprint"]

PATIENCE_S = 2.0
NATS_PING_S = 60
"""Longer than a connection lives that does not answer pings."""

DRAINING_PATIENCE_S = 0.2
"""A node on its way out is not ready, whatever the servers say: it tells so at once."""

blueprint = Blueprint("health", __name__)

Health = Literal["ok", "failing"]


class Alive(msgspec.Struct, frozen=True):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(msgspec.Struct, frozen=True):
    """What this process needs, each by name; anything failing, or draining, makes the reply a 503."""

    postgres: Health
    redis: Health
    nats: Health
    draining: bool = False


@blueprint.get("/livez")
@unlimited
@document_response(Alive)
async def livez() -> Response:
    """Is the process alive?"""
    return reply(Alive())


@blueprint.get("/readyz")
@unlimited
@document_response(Readiness)
@document_response(Readiness, 503)
async def readyz() -> Response:
    """May this process get traffic?"""
    found = services()
    patience_s = DRAINING_PATIENCE_S if found.draining else PATIENCE_S
    pings = (found.pool.run(statistics.ping), _ping_redis(found), _ping_nats(found))
    postgres, redis, bus = await asyncio.gather(*(_health(ping, patience_s) for ping in pings))
    readiness = Readiness(postgres, redis, bus, found.draining)
    ready = not found.draining and postgres == redis == bus == "ok"
    return reply(readiness, 200 if ready else 503)


async def _health(ping: Awaitable[object], patience_s: float) -> Health:
    try:
        await asyncio.wait_for(ping, patience_s)
    except Exception:
        return "failing"
    return "ok"


async def _ping_redis(found: Services) -> None:
    # Not in the database's pool: it must answer while PostgreSQL does not.
    await asyncio.to_thread(found.redis.ping)


async def _ping_nats(found: Services) -> None:
    if not found.nats.is_connected:
        raise ConnectionError("not connected")
    # nats-py stops reading when the reply to a ping comes that was given up: one ping is under way at a time, and waited for.
    connection = found.nats.stats["reconnects"]
    if found.nats_ping is None or found.nats_ping[1].done() or found.nats_ping[0] != connection:
        found.nats_ping = connection, asyncio.get_running_loop().create_task(_roundtrip(found.nats))
    if not await asyncio.shield(found.nats_ping[1]):
        raise ConnectionError("no answer")


async def _roundtrip(client: Client) -> bool:
    try:
        await client.flush(timeout=NATS_PING_S)
    except (nats.errors.Error, OSError):
        return False
    return True
