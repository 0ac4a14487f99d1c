"""Rooms of a node, with a bus that only counts and a store that can be slow: who loads, who waits, what is left."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from bus.leaderboard import Leaderboard
from bus.messages import Quiz, SessionState
from web.gateway import rooms as module
from web.gateway.room import Room
from web.gateway.rooms import Rooms


class Bus:
    """Counts the subscriptions that are left."""

    def __init__(self) -> None:
        self.subscriptions = 0
        self.ends = asyncio.Event()  # of subscriptions, which may take a while
        self.ends.set()

    async def subscribe(self, subject, cb):
        self.subscriptions += 1

        async def unsubscribe():
            await self.ends.wait()
            self.subscriptions -= 1

        return SimpleNamespace(unsubscribe=unsubscribe)

    async def flush(self) -> None: ...


class SlowStore:
    """Loads when told to."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.loads = 0
        self.failures = 0
        self.noted: set[str] = set()

    async def note_here(self, session_id: str, node_id: str) -> None:
        self.noted.add(node_id)

    async def note_gone(self, session_id: str, node_id: str) -> None:
        self.noted.discard(node_id)

    async def load(self, session_id: str) -> Room:
        self.loads += 1
        await self.go.wait()
        if self.failures:
            self.failures -= 1
            raise ConnectionError("Redis is away")
        return Room(Quiz("q", "Q", ()), SessionState(session_id, "h", "self"), Leaderboard.load("e", 1, []))


async def stored(session_id: str) -> bool:
    return True


@pytest.fixture
def world():
    bus, store = Bus(), SlowStore()
    return bus, store, Rooms(bus, store, "n1", stored)


async def test_whoever_waits_gets_the_room_although_the_first_hangs_up(world):
    bus, store, rooms = world
    waiting = [asyncio.create_task(rooms.open("s")) for _ in range(5)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    store.go.set()
    opened = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(opened[0], asyncio.CancelledError)
    assert all(isinstance(room, Room) and room is opened[1] for room in opened[1:])
    assert (store.loads, bus.subscriptions) == (1, 4)
    await rooms.close()
    assert bus.subscriptions == 0


async def test_a_load_that_fails_leaves_nothing_and_the_next_one_tries_again(world):
    bus, store, rooms = world
    store.failures = 1
    store.go.set()
    outcomes = await asyncio.gather(*(rooms.open("s") for _ in range(3)), return_exceptions=True)
    assert all(isinstance(outcome, ConnectionError) for outcome in outcomes)
    assert bus.subscriptions == 0 and rooms.all() == []
    assert isinstance(await rooms.open("s"), Room)
    await rooms.close()
    assert bus.subscriptions == 0


async def test_a_room_that_nobody_entered_is_dropped(world, monkeypatch):
    bus, store, rooms = world
    monkeypatch.setattr(module, "LINGER_S", 0.05)
    store.go.set()
    await rooms.open("s")
    assert bus.subscriptions == 4
    await asyncio.sleep(0.3)
    assert bus.subscriptions == 0 and rooms.all() == []


async def test_whoever_closes_a_question_knows_of_a_room_that_comes_while_the_one_before_it_goes(
    world, monkeypatch
):
    bus, store, rooms = world
    monkeypatch.setattr(module, "LINGER_S", 0.01)
    store.go.set()
    await rooms.open("s")
    bus.ends.clear()
    while rooms.all():  # noqa: ASYNC110  # the first room is going, and has not gone
        await asyncio.sleep(0.005)
    monkeypatch.setattr(module, "LINGER_S", 60)
    await rooms.open("s")
    assert len(store.noted) == 2
    bus.ends.set()
    while bus.subscriptions > 5:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    await asyncio.sleep(0)
    assert len(store.noted) == 1
    await rooms.close()
    assert store.noted == set()


async def test_a_room_that_is_loaded_afresh_is_noted_again_for_redis_may_have_lost_all(world):
    _, store, rooms = world
    store.go.set()
    await rooms.open("s")
    store.noted.clear()
    rooms.resync()
    while store.loads < 2:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    assert len(store.noted) == 1
    await rooms.close()
