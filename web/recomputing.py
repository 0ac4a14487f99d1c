"""Have the workers work a session's scores out again, from a shell."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import nats.errors
from nats.aio.client import Client

from bus import subjects
from bus.tasks import encode_task

__all__ = ["recompute"]


async def recompute(nc: Client, session_id: str, timeout_s: float) -> dict[str, Any]:
    """What the workers found: answers, participants, wrong_answers, wrong_totals, wrong_rows, equal; or `error`.

    Raises TimeoutError when nobody answers in time: no worker runs the background queue.
    """
    deadline = time.monotonic() + timeout_s
    reply_to = nc.new_inbox()
    subscription = await nc.subscribe(reply_to)
    subject, payload, message_id = encode_task("background", "recompute", session_id, reply_to)
    try:
        await nc.jetstream().publish(
            subject, payload, stream=subjects.TASKS, headers={"Nats-Msg-Id": message_id}
        )
    except nats.errors.Error as error:
        raise TimeoutError(str(error)) from None
    message = await subscription.next_msg(timeout=max(0.1, deadline - time.monotonic()))
    found: dict[str, Any] = msgspec.json.decode(message.data)
    return found
