"""Who is connected and who has answered, seen from both gateways."""

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


async def progress(connection: Wire, answered: int) -> dict[str, Any]:
    """Waits until the connection is told that so many have answered."""
    async with asyncio.timeout(20):
        while True:
            told = await connection.until("progress")
            if told["answered"] == answered:
                return told


async def test_answers_on_both_nodes_are_shown_arriving_to_the_host_and_counted_on_the_screen(
    stack: Stack,
) -> None:
    async with (
        open_session(stack.gateways, demo_quiz(1, None)) as session,
        wire(stack.gateways[0]) as first,
        wire(stack.gateways[1]) as second,
        wire(stack.gateways[0]) as host,
        wire(stack.gateways[1]) as screen,
        wire(stack.gateways[1]) as late_host,
    ):
        ann, bob = await session.join(), await session.join()
        await first.hello(ticket=ann["ticket"])
        await second.hello(ticket=bob["ticket"])
        await host.hello(ticket=(await session.host.ticket(session.id))["ticket"])
        await screen.hello(ticket=(await session.host.ticket(session.id, "screen"))["ticket"])
        question_id = await session.next()
        assert (await host.until("progress"))["question_id"] == question_id
        await first.answer(question_id, "A")
        await second.answer(question_id, "B")
        told = await progress(host, 2)
        both = sorted((ann["participant_id"], bob["participant_id"]))
        assert (told["participant_ids"], told["counts"]["A"], told["counts"]["B"]) == (both, 1, 1)
        assert (await progress(screen, 2)).keys() == {"type", "question_id", "answered", "connected"}
        await late_host.hello(ticket=(await session.host.ticket(session.id))["ticket"])
        assert (await late_host.until("progress"))["participant_ids"] == both
        await session.close()
        for participant in (first, second):
            await participant.until("question_closed")
            assert not any(b'"progress"' in data for data in participant.frames)


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
