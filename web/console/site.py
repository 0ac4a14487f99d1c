"""What commands work with: the site's servers, connected to when a command first needs them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from nats.aio.client import Client

from bus import subjects
from db.pool import Pool
from web.config import Servers

__all__ = ["CONNECT_S", "Impossible", "Site"]

CONNECT_S = 3.0

_T = TypeVar("_T")


class Impossible(Exception):
    """What was asked for cannot be done; the text says why."""


class Site:
    """The servers of a site. `status` is what the command will exit with when it is done."""

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.status = 0
        self._pool: Pool | None = None

    @property
    def pool(self) -> Pool:
        """PostgreSQL."""
        if self._pool is None:
            self._pool = Pool(self.servers.database_url, 1)
        return self._pool

    def on_nats(self, work: Callable[[Client], Awaitable[_T]]) -> _T:
        """Connect, do `work`, disconnect. Raises Impossible when NATS is not there."""

        async def connected() -> _T:
            client = Client()
            try:
                async with asyncio.timeout(CONNECT_S):
                    await client.connect(
                        self.servers.nats_url.split(","),
                        name="quizwire-console",
                        inbox_prefix=subjects.inboxes(self.servers.nats_url),
                        allow_reconnect=False,
                        connect_timeout=2,
                        max_reconnect_attempts=1,
                        reconnect_time_wait=0.1,  # type: ignore[arg-type]  # it only sleeps by it
                        error_cb=_quiet,
                    )
            except Exception as error:  # nats-py raises many kinds
                raise Impossible(
                    f"NATS does not answer ({type(error).__name__}): look at NATS_URL; is scripts/up running?"
                ) from None
            try:
                return await work(client)
            finally:
                await client.close()

        return asyncio.run(connected())

    def close(self) -> None:
        """Disconnect."""
        if self._pool is not None:
            self._pool.close()


async def _quiet(error: Exception) -> None:
    """The exception that follows says it."""
