"""A connection that is cut anywhere, and comes back on the other gateway, ends up knowing what its twin knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import pytest

from client import Conversation, Event, Joined, Socket, messages, websocket_url
from scripts.simulation.plan import demo_quiz
from tests.e2e.stack import Stack
from tests.e2e.wire import Session, open_session

STEPS = ("next", "answer", "close", "next", "kick", "answer", "close", "next", "close", "next")
"""The last `next` ends the session."""

DRAFT = demo_quiz(1, None)
DRAFT["questions"] = DRAFT["questions"][:3]
PATIENCE_S = 15.0

TOLD, ALL = 20, 24
"""Frames of a session after which somebody is cut: counting those that have their place in it, and counting all."""

UNTIMELY = (messages.Presence, messages.Progress, messages.Ping)


class Player(Conversation):
    """A guest who notes what came; after a cut nothing is heard until the next hello."""

    def __init__(self, joined: Joined) -> None:
        super().__init__(joined["ticket"], joined["resume_token"])
        self.welcomes: list[messages.Welcome] = []
        self.seqs: list[int] = []  # of every event, in the order they came
        self.told = 0  # frames with their place in the session, not those that come whenever they come
        self.frames = 0
        self.deaf = False
        self.socket: Socket | None = None
        self._running: asyncio.Task[None] | None = None

    def hello(self) -> bytes:
        self.deaf = False
        return super().hello()

    def receive(self, data: bytes, now: float) -> tuple[Event | None, list[bytes]]:
        if self.deaf:
            return None, []
        event, frames = super().receive(data, now)
        assert event is not None, self.violations
        self.frames += 1
        self.told += isinstance(event, messages.Message) and not isinstance(event, UNTIMELY)
        if isinstance(event, messages.Welcome):
            self.welcomes.append(event)
        elif hasattr(event, "seq") and not isinstance(event, messages.Snapshot):
            self.seqs.append(event.seq)
        return event, frames

    async def connect(self, url: str) -> None:
        """Say hello, with whatever one has by now, and listen."""
        before = len(self.welcomes)
        self.socket = Socket([websocket_url(url)], self)
        self._running = asyncio.create_task(self.socket.run())
        await until(lambda: len(self.welcomes) > before and self.view.epoch is not None)

    async def cut(self) -> None:
        """The network goes away, without a goodbye."""
        if self.socket is not None and self._running is not None:
            self.deaf = True
            self.socket.cut()
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self.socket = None

    def give(self, question_id: str) -> None:
        """Answer, now."""
        assert self.socket is not None
        self.socket.post([self.answer(question_id, "A", asyncio.get_running_loop().time())])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # what it waits for comes over the network
            await asyncio.sleep(0.01)


def known(player: Player) -> dict[str, Any]:
    """What must be equal for both: all but who they are and how they are connected."""
    view = player.view
    own = {"participant_id", "role", "session", "resumed", "wants_sync", "presence", "progress", "board"}
    board = None if view.board is None else (view.board.epoch, dict(view.board.rows))
    return {name: value for name, value in vars(view).items() if name not in own} | {"board": board}


async def take(step: str, session: Session, cut: Player, twin: Player, third: dict[str, Any]) -> None:
    """One step of the session; answers are given by both or, while one is away, by none."""
    if step == "answer":
        if cut.socket is not None:
            question_id = session.question_ids[session.state["question_index"]]
            for player in (cut, twin):
                await until(partial(is_asked, player, question_id))
                player.give(question_id)
                await until(partial(is_settled, player, question_id))
        return
    if step == "kick":
        await session.host.kick(session.id, third["participant_id"])
        return
    session.state = await (session.host.next if step == "next" else session.host.close)(session.state)


async def play(stack: Stack, cut_before: int, away_for: int) -> tuple[Player, Player]:
    """A session in which one connection is cut before a step and comes back `away_for` steps later."""
    async with open_session(stack.gateways, DRAFT) as session:
        third = await session.join()
        cut, twin = Player(await session.join()), Player(await session.join())
        try:
            await twin.connect(stack.gateways[0])
            await cut.connect(stack.gateways[0])
            for number, step in enumerate(STEPS):
                if number == cut_before:
                    await until(lambda: cut.view.seq == twin.view.seq)
                    await cut.cut()
                await take(step, session, cut, twin, third)
                await until(lambda: twin.view.seq >= session.state["seq"])
                if number + 1 == cut_before + away_for:
                    await cut.connect(stack.gateways[1])
            if cut.socket is None:
                await cut.connect(stack.gateways[1])
            await until(lambda: known(cut) == known(twin))
        finally:
            await cut.cut()
            await twin.cut()
    return cut, twin


@pytest.mark.parametrize("away_for", [1, 3])
async def test_cut_at_every_step_nothing_is_lost_and_nothing_comes_twice(stack: Stack, away_for: int) -> None:
    played = await asyncio.gather(*(play(stack, cut_before, away_for) for cut_before in range(len(STEPS))))
    for cut, twin in played:
        assert [welcome.resumed for welcome in cut.welcomes] == [False, True]
        assert cut.seqs == twin.seqs
        assert cut.seqs == sorted(set(cut.seqs))
        assert known(cut) == known(twin)
        assert cut.view.podium is not None
        assert not cut.view.wants_sync


class Fragile(Socket):
    """Answers every question, and is cut once: as soon as `is_time` says so."""

    def __init__(
        self, urls: list[str], player: Player, is_time: Callable[[Player], bool], first: int
    ) -> None:
        super().__init__(urls, player, first=first)
        self.player = player
        self.is_time = is_time
        self.was_cut = False

    def heard(self) -> None:
        asked = self.view.question
        if asked is not None and self.player.answers.of(asked.question_id) is None:
            self.player.give(asked.question_id)
        if not self.was_cut and self.is_time(self.player):
            self.was_cut = self.player.deaf = True
            self.cut()


async def test_cut_after_any_frame_everybody_knows_what_the_twin_knows(stack: Stack) -> None:
    """One session, and for every n somebody who is cut after the n-th frame and goes on at the other gateway."""
    urls = [websocket_url(url) for url in stack.gateways]
    cuts: list[Callable[[Player], bool]] = [lambda player: False]
    cuts += [lambda player, n=n: player.told == n for n in range(1, TOLD + 1)]
    cuts += [lambda player, n=n: player.frames == n for n in range(1, ALL + 1)]
    async with open_session(stack.gateways, DRAFT) as session, AsyncExitStack() as connections:
        third = await session.join()
        sockets = []
        for number, is_time in enumerate(cuts):
            player = Player(await session.join())
            player.socket = socket = Fragile(urls, player, is_time, number)
            sockets.append(socket)
            await connections.enter_async_context(running(socket))
        players = [socket.player for socket in sockets]
        await until(lambda: all(player.view.board is not None for player in players))
        for index in range(3):
            question_id = await session.next()
            if index == 1:
                await session.host.kick(session.id, third["participant_id"])
            await until(partial(everybody, players, is_settled, question_id))
            await session.close()
            await until(partial(everybody, players, has_result, question_id))
        await session.end()
        await until(lambda: all(player.ended for player in players))
        twin, *others = players
        await until(lambda: all(known(player) == known(twin) for player in others))
    assert twin.told <= TOLD
    assert len(twin.welcomes) == 1
    reached = [player for player, socket in zip(players, sockets, strict=True) if socket.was_cut]
    assert len(reached) >= twin.told - 1 + min(ALL, twin.frames - 5)
    for player in others:
        assert player.violations == []
        assert player.seqs == sorted(set(player.seqs))
        assert [attempt.recorded for attempt in player.answers.given.values()] == ["A"] * 3


@asynccontextmanager
async def running(socket: Socket) -> AsyncIterator[None]:
    """The socket runs meanwhile."""
    task = asyncio.create_task(socket.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def is_asked(player: Player, question_id: str) -> bool:
    return player.view.question is not None and player.view.question.question_id == question_id


def everybody(players: list[Player], is_so: Callable[[Player, str], bool], question_id: str) -> bool:
    return all(is_so(player, question_id) for player in players)


def is_settled(player: Player, question_id: str) -> bool:
    attempt = player.answers.of(question_id)
    return attempt is not None and player.answers.is_settled(attempt)


def has_result(player: Player, question_id: str) -> bool:
    answer = player.view.answers.get(question_id)
    return answer is not None and answer.correct is not None and question_id in player.view.closed


async def test_what_is_not_known_any_more_comes_as_a_snapshot(stack: Stack) -> None:
    async with open_session(stack.gateways, DRAFT) as session:
        player = Player(await session.join())
        try:
            await player.connect(stack.gateways[0])
            await session.next()
            await until(lambda: player.view.question is not None)
            for epoch, seq in (("another", player.view.seq), (player.view.epoch, player.view.seq + 1)):
                await player.cut()
                player.view.epoch, player.view.seq = epoch, seq
                await player.connect(stack.gateways[1])
                await until(lambda: player.view.epoch != "another" and player.view.seq == 2)
                assert player.view.resumed is False
                assert player.view.question is not None
        finally:
            await player.cut()
