"""Who is connected, seen from both gateways."""

from __future__ import annotations

import asyncio
from typing import Any

from scripts.simulation.plan import demo_quiz
from tests.e2e.stack import Stack
from tests.e2e.wire import Wire, open_session, wire


async def presence(connection: Wire, connected: int, joined: int) -> dict[str, Any]:
    """Waits until the connection is told these numbers."""
    async with asyncio.timeout(20):
        while True:
            told = await connection.until("presence")
            if (told["connected"], told["joined"]) == (connected, joined):
                return told


async def test_everybody_hears_how_many_are_connected_and_the_host_who(stack: Stack) -> None:
    async with open_session(stack.gateways, demo_quiz(1, None)) as session:
        ann, bob = await session.join(), await session.join()
        watching = await session.host.ticket(session.id)
        async with wire(stack.gateways[0]) as first, wire(stack.gateways[0]) as host:
            await first.hello(ticket=ann["ticket"])
            await host.hello(ticket=watching["ticket"])
            assert "participant_ids" not in await presence(first, 1, 2)
            async with wire(stack.gateways[1]) as second:
                await second.hello(ticket=bob["ticket"])
                for connection in (first, second):
                    assert "participant_ids" not in await presence(connection, 2, 2)
                told = await presence(host, 2, 2)
                assert told["participant_ids"] == sorted((ann["participant_id"], bob["participant_id"]))
            told = await presence(host, 1, 2)
            assert told["participant_ids"] == [ann["participant_id"]]
            await presence(first, 1, 2)


async def test_with_a_node_that_is_killed_its_participants_are_gone(stack: Stack) -> None:
    async with open_session(stack.gateways, demo_quiz(1, None)) as session:
        ann, bob = await session.join(), await session.join()
        async with wire(stack.gateways[0]) as first, wire(stack.gateways[1]) as second:
            await first.hello(ticket=ann["ticket"])
            await second.hello(ticket=bob["ticket"])
            await presence(first, 2, 2)
            await asyncio.to_thread(stack.kill, "web.2")
            await presence(first, 1, 2)
            await asyncio.to_thread(stack.restart, "web.2")
