"""The client's page: its examples do what it says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from client import Conversation, Socket, messages
from scripts.simulation.plan import demo_quiz
from tests.e2e.stack import Stack
from tests.e2e.wire import open_session

PAGE = (Path(__file__).parents[2] / "docs/reference/client.md").read_text()


@pytest.fixture
def examples(tmp_path: Path) -> dict[str, Any]:
    """What the page's Python defines."""
    file = tmp_path / "example.py"
    file.write_text("\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)))
    return runpy.run_path(str(file))


async def test_the_example_plays_a_session(stack: Stack, examples: dict[str, Any]) -> None:
    (printed,) = re.findall(r"It prints `(.*)`", PAGE)
    assert repr(await examples["play"](stack.gateways[0])) == printed


async def test_a_screen_comes_back_with_a_new_ticket(stack: Stack, examples: dict[str, Any]) -> None:
    async with open_session(stack.gateways, demo_quiz(1, None)) as session:
        socket: Socket = await examples["watch"](session.host, session.id)
        snapshots = 0
        async with socket:
            async for event in socket:
                snapshots += isinstance(event, messages.Snapshot)
                if isinstance(event, messages.Snapshot) and snapshots == 1:
                    socket.cut()
                elif isinstance(event, messages.Snapshot):
                    await session.end()
        assert socket.conversation.closes == [None, 4505]
        assert (socket.view.role, socket.view.state) == ("screen", "ended")


async def test_whoever_leaves_does_not_come_back(stack: Stack) -> None:
    async with open_session(stack.gateways, demo_quiz(1, None)) as session:
        joined = await session.join()
        conversation = Conversation(joined["ticket"], joined["resume_token"])
        async with Socket([joined["ws_url"]], conversation) as socket:
            async for event in socket:
                if isinstance(event, messages.Snapshot):
                    await socket.leave()
        assert conversation.closes == [1000]
        await session.end()
