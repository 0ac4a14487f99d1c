"""This gateway, as it describes itself to whoever asks over NATS; and the wish that it leave."""

from __future__ import annotations

from collections import Counter

import structlog
from nats.aio.msg import Msg

from bus import nodes, subjects
from bus.messages import encode
from bus.nodes import Node, Process
from web.services import Services

__all__ = ["introduce"]

log = structlog.get_logger(__name__)


async def introduce(opened: Services) -> None:
    """Answer from now on who we are, and drain and end when we are asked to."""
    process = Process.this(opened.config.node)

    def describe() -> Node:
        rooms = opened.gateway.rooms.all()
        roles = Counter(connection.role for room in rooms for connection in room.connections.values())
        return process.node(
            "web", draining=opened.draining, sessions=len(rooms), connections=dict(sorted(roles.items()))
        )

    async def on_drain(message: Msg) -> None:
        log.info("asked_to_drain")
        if message.reply:
            await opened.nats.publish(message.reply, encode(describe()))
            await opened.nats.flush()
        opened.asked_to_leave.set()

    await nodes.answer(opened.nats, describe)
    await opened.nats.subscribe(subjects.drain(opened.config.node), cb=on_drain)
