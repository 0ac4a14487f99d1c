"""Twice a second: how late the event loop is, and how much is going on here."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from web import metrics

if TYPE_CHECKING:
    from web.gateway import Gateway

__all__ = ["sample"]

EVERY_S = 0.5
STATES = ("lobby", "open", "closing", "closed", "ended")


async def sample(gateway: Gateway) -> None:
    """Tell the metrics until cancelled."""
    loop = asyncio.get_running_loop()
    rooms = {state: metrics.ROOMS.labels(state) for state in STATES}
    while True:
        due = loop.time() + EVERY_S
        await asyncio.sleep(EVERY_S)
        metrics.LOOP_LAG.observe(max(0.0, loop.time() - due))
        states = Counter[str](room.state.state for room in gateway.rooms.all())
        for state, gauge in rooms.items():
            gauge.set(states[state])
        metrics.OUTBOX_WAITING.set(gateway.waiting)
        metrics.DRAINING.set(gateway.draining)
