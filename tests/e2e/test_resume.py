"""A connection that is cut at any event, and comes back on the other gateway, ends up knowing what its twin knows."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from client.view import View
from scripts.simulation.plan import demo_quiz
from tests.e2e.stack import Stack
from tests.e2e.wire import Session, Wire, open_session, wire

STEPS = ("next", "answer", "close", "next", "kick", "answer", "close", "next", "close", "next")
"""The last `next` ends the session."""

DRAFT = demo_quiz(1, None)
DRAFT["questions"] = DRAFT["questions"][:3]
PATIENCE_S = 15.0


class Player:
    """A guest whose view of the session is kept across connections."""

    def __init__(self, stack: Stack, joined: dict[str, Any]) -> None:
        self.stack = stack
        self.joined = joined
        self.view = View()
        self.welcomes: list[dict[str, Any]] = []
        self.seqs: list[int] = []  # of every event, in the order they came
        self.wire: Wire | None = None
        self._connection = AsyncExitStack()
        self._reader: asyncio.Task[None] | None = None

    async def connect(self, gateway: int) -> None:
        """Say hello, with whatever one has by now, and listen."""
        self.wire = await self._connection.enter_async_context(wire(self.stack.gateways[gateway]))
        seen = {"epoch": self.view.epoch, "seq": self.view.seq}
        first = {"ticket": self.joined["ticket"]}
        again = {"resume_token": self.joined["resume_token"], **seen}
        await self.wire.say({"type": "hello", **(again if self.welcomes else first)})
        before = len(self.welcomes)
        self._reader = asyncio.create_task(self._read(self.wire))
        await self.until(lambda: len(self.welcomes) > before and self.view.epoch is not None)

    async def cut(self) -> None:
        """The network goes away, without a goodbye."""
        assert self.wire is not None and self._reader is not None
        self.wire.websocket.transport.abort()
        await self._reader
        await self._connection.aclose()
        self.wire = None

    async def close(self) -> None:
        if self.wire is not None:
            await self.cut()

    async def until(self, condition: Any) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():  # noqa: ASYNC110  # what it waits for comes over the network
                await asyncio.sleep(0.01)

    async def _read(self, connection: Wire) -> None:
        try:
            while True:
                message = json.loads(await connection.websocket.recv())
                if message["type"] == "welcome":
                    self.welcomes.append(message)
                elif "seq" in message and message["type"] != "snapshot":
                    self.seqs.append(message["seq"])
                self.view.take(message)
        except ConnectionClosed:
            return


async def take(step: str, session: Session, cut: Player, twin: Player, third: dict[str, Any]) -> None:
    """One step of the session; answers are given by both or, while one is away, by none."""
    if step == "answer":
        if cut.wire is None:
            return
        assert twin.wire is not None
        question_id = session.question_ids[session.state["question_index"]]
        for number, player in enumerate((cut, twin)):
            answer = {"type": "answer", "id": f"{number}", "question_id": question_id, "option": "A"}
            assert player.wire is not None
            await player.wire.say(answer)
        return
    if step == "kick":
        await session.host.kick(session.id, third["participant_id"])
        return
    session.state = await (session.host.next if step == "next" else session.host.close)(session.state)


async def play(stack: Stack, cut_before: int, away_for: int) -> tuple[Player, Player]:
    """A session in which one connection is cut before a step and comes back `away_for` steps later."""
    async with open_session(stack.gateways, DRAFT) as session:
        third = await session.join()
        cut, twin = Player(stack, await session.join()), Player(stack, await session.join())
        try:
            await twin.connect(0)
            await cut.connect(0)
            for number, step in enumerate(STEPS):
                if number == cut_before:
                    await cut.until(lambda: cut.view.seq == twin.view.seq)
                    await cut.cut()
                await take(step, session, cut, twin, third)
                await twin.until(lambda: twin.view.seq >= session.state["seq"])
                if number + 1 == cut_before + away_for:
                    await cut.connect(1)
            if cut.wire is None:
                await cut.connect(1)
            await cut.until(lambda: known(cut) == known(twin))
        finally:
            await cut.close()
            await twin.close()
    return cut, twin


def known(player: Player) -> dict[str, Any]:
    """What must be equal for both: all but who they are."""
    view = player.view
    own = {"participant_id", "role", "resumed", "wants_sync", "board_version"}
    return {name: value for name, value in vars(view).items() if name not in own}


@pytest.mark.parametrize("away_for", [1, 3])
async def test_cut_at_every_step_nothing_is_lost_and_nothing_comes_twice(stack: Stack, away_for: int) -> None:
    played = await asyncio.gather(*(play(stack, cut_before, away_for) for cut_before in range(len(STEPS))))
    for cut, twin in played:
        assert [welcome["resumed"] for welcome in cut.welcomes] == [False, True]
        assert cut.seqs == twin.seqs
        assert cut.seqs == sorted(set(cut.seqs))
        assert known(cut) == known(twin)
        assert cut.view.podium is not None
        assert not cut.view.wants_sync


async def test_what_is_not_known_any_more_comes_as_a_snapshot(stack: Stack) -> None:
    async with open_session(stack.gateways, DRAFT) as session:
        player = Player(stack, await session.join())
        try:
            await player.connect(0)
            await session.next()
            await player.until(lambda: player.view.question is not None)
            for epoch, seq in (("another", player.view.seq), (player.view.epoch, player.view.seq + 1)):
                await player.cut()
                player.view.epoch, player.view.seq = epoch, seq
                await player.connect(1)
                assert player.view.resumed is False
                assert player.view.epoch != "another"
                assert player.view.question is not None
        finally:
            await player.close()
