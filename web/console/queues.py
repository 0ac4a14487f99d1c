"""`quizwire queues` and `quizwire pools`: what waits, and who may work it off."""

from __future__ import annotations

import argparse
from typing import Any

from nats.aio.client import Client

from bus import queues
from web.console.site import Site
from web.console.verbs import Commands, noun, verb

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Declare them."""
    verb(commands, "queues", _queues, "Show how much waits in each queue, and since when.")
    pools = noun(commands, "pools", "stop a pool's work and let it go on")
    pause = verb(
        pools,
        "pause",
        _pause,
        "Hand out no more of a queue; what workers hold is finished. Survives restarts.",
    )
    pause.add_argument("pool", metavar="POOL", help="name of the queue")
    pause.add_argument(
        "--for", dest="for_s", type=float, metavar="SECONDS", help="until then (default: until resumed)"
    )
    resume = verb(pools, "resume", _resume, "Hand out again what a paused queue holds.")
    resume.add_argument("pool", metavar="POOL", help="name of the queue")


def _queues(parsed: argparse.Namespace, site: Site) -> Any:
    return site.on_nats(queues.survey)


def _pause(parsed: argparse.Namespace, site: Site) -> Any:
    async def pause(nc: Client) -> list[queues.Queue]:
        await queues.pause(nc, parsed.pool, parsed.for_s)
        return await queues.survey(nc)

    return _one(parsed.pool, site.on_nats(pause))


def _resume(parsed: argparse.Namespace, site: Site) -> Any:
    async def resume(nc: Client) -> list[queues.Queue]:
        await queues.resume(nc, parsed.pool)
        return await queues.survey(nc)

    return _one(parsed.pool, site.on_nats(resume))


def _one(name: str, found: list[queues.Queue]) -> queues.Queue:
    return next(queue for queue in found if queue.name == name)
