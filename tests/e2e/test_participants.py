"""What a host does about participants, seen on two gateways."""

from __future__ import annotations

import pytest

from client import ApiError
from scripts.simulation.plan import demo_quiz
from tests.e2e.stack import Stack
from tests.e2e.wire import Wire, open_session, wire


async def name_on(connection: Wire, participant_id: str, nickname: str) -> None:
    """Waits until the board that this connection sees has them under that name."""
    while True:
        told = await connection.until("leaderboard")
        if any(entry[:2] == [participant_id, nickname] for entry in told["entries"]):
            return


async def test_another_name_is_on_every_board_while_a_question_is_open_and_a_ban_ends_the_connection(
    stack: Stack,
) -> None:
    async with open_session(stack.gateways, demo_quiz(1, None)) as session:
        ann, eve = await session.join(), await session.join()
        async with wire(stack.gateways[0]) as first, wire(stack.gateways[1]) as second:
            await first.hello(ticket=ann["ticket"])
            await second.hello(ticket=eve["ticket"])
            await session.next()
            await session.host.rename(session.id, eve["participant_id"], "Evelyn")
            for connection in (first, second):
                await name_on(connection, eve["participant_id"], "Evelyn")
            await session.host.ban(session.id, eve["participant_id"])
            await second.until("kicked")
            assert await second.code() == 4503
        async with wire(stack.gateways[0]) as again:
            await again.say({"type": "hello", "resume_token": eve["resume_token"]})
            assert await again.code() == 4503
        with pytest.raises(ApiError) as refused:
            await session.host.api.join(session.state["join_code"], "Eva", device_token=eve["device_token"])
        assert refused.value.code == "banned"
        await session.end()
