"""A node that stops: everybody is sent elsewhere, and what was accepted is stored, within a bounded time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection

from web.gateway import outgoing
from web.gateway.connection import Connection, Newcomer
from web.gateway.errors import Close
from web.gateway.outbox import Outbox

__all__ = ["DRAIN_S", "drain"]

SPREAD_MS = 2_000
"""Over how long those who are sent away come back elsewhere, so that not all do at once."""

FLUSH_S = 5.0
LEAVE_S = 1.5
LAST_FLUSH_S = 0.5

DRAIN_S = FLUSH_S + LEAVE_S + LAST_FLUSH_S
"""The longest that it takes: with a bus that does not answer and peers that do not read."""


async def drain(
    connections: Collection[Connection], newcomers: Collection[Newcomer], outboxes: Collection[Outbox]
) -> None:
    """Say `reconnect`, store what was accepted, close with 4001; whoever is not in a room yet, with 1012."""
    for newcomer in newcomers:
        newcomer.end(Close.RESTART, "this node is stopping; connect again")
    for connection in connections:
        connection.send(outgoing.Reconnect(after_ms=random.randrange(SPREAD_MS)))
    await _flush(outboxes, FLUSH_S)
    for connection in connections:
        connection.end(Close.DRAIN, "this node is stopping; connect again")
    leaving = {peer.task: peer for peer in (*connections, *newcomers)}
    if leaving:
        _, late = await asyncio.wait(leaving, timeout=LEAVE_S)
        for task in late:
            leaving[task].sink.abort()
    # An answer may have come between the last flush and the close. It is not acknowledged, but need not be lost.
    await _flush(outboxes, LAST_FLUSH_S)


async def _flush(outboxes: Collection[Outbox], timeout_s: float) -> None:
    await asyncio.gather(*(outbox.flush(timeout_s) for outbox in outboxes))
