"""Have the workers work a session's scores out again, from a shell."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
from nats.aio.client import Client

from bus import subjects
from bus.tasks import encode_task

__all__ = ["recompute"]

CONNECT_S = 3.0


async def recompute(nats_url: str, session_id: str, timeout_s: float) -> dict[str, Any]:
    """What the workers found: answers, participants, wrong_answers, wrong_totals, equal; or `error`.

    Raises TimeoutError when nobody answers in time: NATS is away, or no worker runs the background queue.
    """
    client = Client()
    deadline = time.monotonic() + timeout_s
    async with asyncio.timeout(CONNECT_S):
        await client.connect(nats_url.split(","), allow_reconnect=False, connect_timeout=2, error_cb=_quiet)
    try:
        reply_to = client.new_inbox()
        subscription = await client.subscribe(reply_to)
        subject, payload, message_id = encode_task("background", "recompute", session_id, reply_to)
        await client.jetstream().publish(
            subject, payload, stream=subjects.TASKS, headers={"Nats-Msg-Id": message_id}
        )
        message = await subscription.next_msg(timeout=max(0.1, deadline - time.monotonic()))
        found: dict[str, Any] = msgspec.json.decode(message.data)
        return found
    finally:
        await client.close()


async def _quiet(error: Exception) -> None:
    """The exception that follows says it."""
