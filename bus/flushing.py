"""Waits until every gateway node has stored what it accepted before an event."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress

from nats.aio.msg import Msg

from bus import subjects
from bus.connection import Connection
from bus.messages import Flush, encode

__all__ = ["flushed"]


async def flushed(
    connection: Connection, session_id: str, after: Flush, node_ids: Collection[str], timeout_s: float
) -> bool:
    """True once all these nodes have said so; False when one has not within `timeout_s`. On the loop thread.

    With no node named nobody is known to have the room, which proves nothing: then it waits all the time.
    """
    client = connection.client
    missing = set(node_ids)
    everybody = asyncio.Event()

    async def on_answer(message: Msg) -> None:
        missing.discard(message.data.decode(errors="replace"))
        if node_ids and not missing:
            everybody.set()

    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox, cb=on_answer)
    try:
        await client.publish(subjects.flush(session_id), encode(after), reply=inbox)
        with suppress(TimeoutError):
            await asyncio.wait_for(everybody.wait(), timeout_s)
    finally:
        await subscription.unsubscribe()
    return everybody.is_set()
