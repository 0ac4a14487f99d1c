"""Waits until what a queue held is done.

A work queue's stream keeps a message exactly until it is acknowledged or terminated, so the stream itself is asked.
A consumer's own figures lag behind a PubAck, and its ack floor says nothing about single subjects.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from nats.errors import Error as NatsError

from bus.connection import Connection
from bus.streams import Durable

__all__ = ["drained"]

NO_MESSAGE = 10037  # JetStream's "no message found"; a stream that does not exist is another 404
FIRST_POLL_S = 0.001
LONGEST_POLL_S = 0.05


async def drained(
    connection: Connection, durables: Sequence[Durable], timeout_s: float, hurry: str | None = None
) -> bool:
    """True once every message stored for `durables` before the call is acknowledged or terminated.

    On the subject `hurry` its readers are told, as long as there is something left, to let no batch wait. A consumer must come before that of its suspects: messages move that way only. Suspects must be gone
    altogether, since one that is handed back is stored anew.
    """
    deadline = time.monotonic() + timeout_s
    for durable in durables:
        if not await _gone(connection, durable, deadline, hurry):
            return False
    return True


async def _gone(connection: Connection, durable: Durable, deadline: float, hurry: str | None) -> bool:
    """Wait until the subject has nothing left that it has now; with suspects, nothing at all."""
    last: int | None = None  # nothing newer is waited for
    if durable.suspects:
        oldest = await _oldest(connection, durable, deadline)
    else:
        last, oldest = await asyncio.gather(
            _ask(connection, durable, {"last_by_subj": durable.subject}, deadline),
            _oldest(connection, durable, deadline),
        )
    pause_s = FIRST_POLL_S
    while oldest != 0 and (oldest is None or last is None or oldest <= last):
        if time.monotonic() + pause_s >= deadline:
            return False
        if hurry is not None:  # each time anew: what is stored already may be on its way to them
            connection.post(hurry)
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.5, LONGEST_POLL_S)
        oldest = await _oldest(connection, durable, deadline)
    return True


async def _oldest(connection: Connection, durable: Durable, deadline: float) -> int | None:
    """Sequence of the first message that the subject still has; 0 without one, None when the server did not say."""
    return await _ask(connection, durable, {"seq": 1, "next_by_subj": durable.subject}, deadline)


async def _ask(
    connection: Connection, durable: Durable, query: dict[str, object], deadline: float
) -> int | None:
    """Sequence of the message that `STREAM.MSG.GET` finds; 0 for none, None when there was no answer in time."""
    while True:
        try:
            answer = await connection.api(f"STREAM.MSG.GET.{durable.stream}", query, timeout_s=1.0)
        except (NatsError, OSError, TimeoutError):
            answer = {"error": {"code": 503}}  # the server is away, and so is whoever would acknowledge
        if "error" not in answer:
            return int(answer["message"]["seq"])
        if answer["error"].get("err_code") == NO_MESSAGE:
            return 0
        if time.monotonic() >= deadline:
            return None
        await asyncio.sleep(LONGEST_POLL_S)
