"""Waits until what a queue held is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from nats.errors import Error as NatsError

from bus.connection import Connection
from bus.streams import Durable, ensure_durable

__all__ = ["drained"]

FIRST_POLL_S = 0.001
LONGEST_POLL_S = 0.05


async def drained(
    connection: Connection,
    durables: Sequence[Durable],
    ack_wait_s: float,
    max_ack_pending: int,
    timeout_s: float,
) -> bool:
    """True when every message stored for the consumers before the call is acknowledged or terminated.

    `durables` must name a consumer before the one of its suspects: messages move that way only.
    """
    deadline = time.monotonic() + timeout_s
    for durable in durables:
        if not await _reached(connection, durable, ack_wait_s, max_ack_pending, deadline):
            return False
    return True


async def _reached(
    connection: Connection, durable: Durable, ack_wait_s: float, max_ack_pending: int, deadline: float
) -> bool:
    target: int | None = None  # stream sequence that the ack floor has to reach
    pause_s = FIRST_POLL_S
    while True:
        try:
            info = await connection.api(f"CONSUMER.INFO.{durable.stream}.{durable.name}", {}, timeout_s=1.0)
            if info.get("error", {}).get("code") == 404:
                await ensure_durable(
                    connection.client, durable, ack_wait_s=ack_wait_s, max_ack_pending=max_ack_pending
                )
                continue
            if "error" not in info:
                if not info["num_pending"] and not info["num_ack_pending"]:
                    return True
                # What the consumer has to deliver is at most the stream's last message; once it has delivered
                # everything, at most what it delivered last.
                if target is None:
                    stream = await connection.api(f"STREAM.INFO.{durable.stream}", {}, timeout_s=1.0)
                    if "error" not in stream:
                        target = int(stream["state"]["last_seq"])
                if target is not None:
                    if not info["num_pending"]:
                        target = min(target, int(info["delivered"]["stream_seq"]))
                    if int(info["ack_floor"]["stream_seq"]) >= target:
                        return True
        except (TimeoutError, NatsError, OSError):
            pass  # the server is away; so is whoever would acknowledge
        if time.monotonic() + pause_s >= deadline:
            return False
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 1.5, LONGEST_POLL_S)
