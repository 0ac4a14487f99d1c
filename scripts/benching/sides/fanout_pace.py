"""What all servers of the fan-out benchmark do with an order, whatever they write to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from scripts.benching.sides.lines import cpu_s, orders, say

__all__ = ["FRAME_BYTES", "PAYLOAD_BYTES", "obey"]

PAYLOAD_BYTES = 400
FRAME_BYTES = PAYLOAD_BYTES + 4  # a server's frame of 126 to 65,535 bytes (RFC 6455 §5.2)
BACKLOG_BYTES = 64 * 1024


async def obey(broadcast: Callable[[], None], backlog: Callable[[], int]) -> None:
    """`{"frames": n}`: write n frames to everybody as fast as they take them; with `every_s`, one at a time.

    Says when each was written (monotonic seconds) and the CPU seconds that all took. `backlog` is how many bytes wait for
    the slowest of a few connections.
    """
    async for order in orders():
        every_s = order.get("every_s")
        before, written_at = cpu_s(), []
        for _ in range(order["frames"]):
            written_at.append(time.monotonic())
            broadcast()
            await asyncio.sleep(every_s or 0)
            while backlog() > BACKLOG_BYTES:  # noqa: ASYNC110
                await asyncio.sleep(0.0005)
        while backlog():  # noqa: ASYNC110
            await asyncio.sleep(0.0005)
        say({"written_at": written_at, "cpu_s": cpu_s() - before})
