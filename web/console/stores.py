"""`quizwire migrate` and `quizwire streams`: what must be there before the first process."""

from __future__ import annotations

import argparse
from typing import Any

from nats.aio.client import Client

from bus import streams
from db import checks, migrate
from web.console.site import Site
from web.console.verbs import Commands, verb

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Declare them."""
    migration = verb(
        commands,
        "migrate",
        _migrate,
        "Bring the schema up to date; safe to repeat, and to run twice at once.",
    )
    migration.add_argument(
        "--check", action="store_true", help="only say what is pending; exits with 1 when something is"
    )
    stream = verb(commands, "streams", _streams, "Create the streams, or bring them up to date.")
    stream.add_argument(
        "--replicas", type=int, choices=(1, 3, 5), default=1, help="copies in a NATS cluster (default: 1)"
    )


def _migrate(parsed: argparse.Namespace, site: Site) -> Any:
    url = site.servers.database_url
    checks.check_postgres(url)
    if not parsed.check:
        applied = migrate.up(url)
        return [{"applied": name} for name in applied] if applied or parsed.json else "already up to date"
    pending = migrate.pending(url)
    site.status = 1 if pending else 0
    return [{"pending": name} for name in pending] if pending or parsed.json else "nothing pending"


def _streams(parsed: argparse.Namespace, site: Site) -> Any:
    async def ensure(nc: Client) -> list[dict[str, Any]]:
        await streams.ensure(nc, parsed.replicas)
        found = await nc.jetstream(timeout=5).streams_info()
        return [
            {
                "stream": info.config.name,
                "replicas": info.config.num_replicas,
                "messages": info.state.messages,
                "bytes": info.state.bytes,
            }
            for info in found
        ]

    return site.on_nats(ensure)
