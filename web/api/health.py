"""Probes: is the process alive, may it get traffic."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Literal

import msgspec
from quart import Blueprint, Response
from quart_schema import document_response

from db import statistics
from web.rates import unlimited
from web.replies import reply
from web.services import Services, services

__all__ = ["blueprint"]

PATIENCE_S = 2

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
    postgres, redis, nats = await asyncio.gather(
        _health(found.pool.run(statistics.ping)), _health(_ping_redis(found)), _health(_ping_nats(found))
    )
    readiness = Readiness(postgres, redis, nats, found.draining)
    ready = not found.draining and postgres == redis == nats == "ok"
    return reply(readiness, 200 if ready else 503)


async def _health(ping: Awaitable[object]) -> Health:
    try:
        await asyncio.wait_for(ping, PATIENCE_S)
    except Exception:
        return "failing"
    return "ok"


async def _ping_redis(found: Services) -> None:
    # Not in the database's pool: it must answer while PostgreSQL does not.
    await asyncio.to_thread(found.redis.ping)


async def _ping_nats(found: Services) -> None:
    if not found.nats.is_connected:
        raise ConnectionError("not connected")
    await found.nats.flush(timeout=PATIENCE_S)
