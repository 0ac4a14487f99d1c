"""Answers arriving: hosts see who and what, screens how many, participants nothing."""

from __future__ import annotations

import asyncio

import msgspec

from bus.leaderboard import Leaderboard
from bus.messages import Answered, BoardDelta
from tests.web.gateway.test_room import make_room, member
from web.gateway import outgoing
from web.gateway.progress import EVERY_S
from web.gateway.room import Room


def recorded(room: Room, version: int, *answered: tuple[str, str], question_id: str = "q1") -> None:
    """A delta comes with these participants' answers."""
    groups = tuple(Answered(question_id, option, (who,)) for who, option in answered)
    room.apply(BoardDelta("s", "e", version, (), groups))


async def test_hosts_see_who_chose_what_screens_how_many_and_participants_nothing():
    room = make_room()
    ann, host, screen = member(room, "p1"), member(room, None, "host"), member(room, None, "screen")
    room.progress.count(2)
    recorded(room, 2, ("p1", "B"), ("p2", "A"))
    await asyncio.sleep(0.01)
    assert screen.sink.frames == [{"type": "progress", "question_id": "q1", "answered": 2, "connected": 2}]
    assert host.sink.frames == [
        screen.sink.frames[0] | {"counts": {"A": 1, "B": 1}, "participant_ids": ["p1", "p2"]}
    ]
    assert ann.sink.frames == []


async def test_while_nobody_watches_nothing_is_encoded(monkeypatch):
    room = make_room()
    member(room, "p1")
    encoded = []
    monkeypatch.setattr(outgoing, "encode", encoded.append)
    recorded(room, 2, ("p1", "B"))
    room.progress.count(1)
    await asyncio.sleep(0.01)
    assert encoded == []


async def test_what_comes_quickly_is_told_together_and_what_comes_twice_counts_once():
    room = make_room()
    screen = member(room, None, "screen")
    for number in range(100):
        recorded(room, number + 2, (f"p{number}", "A"))
        recorded(room, number + 2, (f"p{number}", "A"))
        if number % 10 == 0:
            await asyncio.sleep(0)
    await asyncio.sleep(EVERY_S + 0.05)
    assert len(screen.sink.frames) == 2  # at once, and all the rest a quarter of a second later
    assert screen.sink.last("progress")["answered"] == 100


async def test_nothing_is_written_after_the_close_and_the_next_question_starts_at_nothing():
    room = make_room()
    host = member(room, None, "host")
    recorded(room, 2, ("p1", "B"))
    room.move(msgspec.structs.replace(room.state, state="closed", event="question_closed", seq=3))
    room.announce()
    room.release()
    await asyncio.sleep(0.01)
    assert host.sink.types() == ["question_closed"]
    opened = {"state": "open", "event": "question", "question_index": 1, "seq": 4}
    recorded(room, 3, ("p2", "A"), question_id="q2")  # by way of a node that heard of the question first
    room.move(msgspec.structs.replace(room.state, **opened))
    room.announce()
    await asyncio.sleep(EVERY_S + 0.05)
    assert host.sink.types() == ["question_closed", "question", "progress"]
    told = host.sink.last("progress")
    assert (told["question_id"], told["participant_ids"]) == ("q2", ["p2"])


async def test_who_is_thrown_out_does_not_count():
    room = make_room()
    host = member(room, None, "host")
    recorded(room, 2, ("p1", "B"), ("p2", "A"))
    room.move(msgspec.structs.replace(room.state, event="kicked", participant_id="p1", seq=5))
    room.announce()
    await asyncio.sleep(0.01)
    told = host.sink.last("progress")
    assert (told["answered"], told["counts"], told["participant_ids"]) == (1, {"A": 1, "B": 0}, ["p2"])


async def test_a_room_loaded_afresh_takes_over_what_was_missed_and_keeps_what_came_since():
    room, fresh = make_room(), make_room()
    recorded(room, 2, ("p1", "B"), ("p9", "B"))
    fresh.progress.load({"p2": "A"})
    room.load_board(Leaderboard.load("e", 3, [("p1", "Ann", 0, 0), ("p2", "Bob", 0, 0)]))
    room.progress.absorb(fresh.progress)
    host = member(room, None, "host")
    room.progress.show_to(host)
    assert host.sink.last("progress")["participant_ids"] == ["p1", "p2"]  # p9 was thrown out meanwhile


async def test_without_a_question_open_and_in_self_pacing_there_is_no_progress():
    for room in (make_room(state="lobby", question_index=-1), make_room("self")):
        host = member(room, None, "host")
        recorded(room, 2, ("p1", "B"))
        room.progress.count(2)
        room.progress.show_to(host)
        await asyncio.sleep(0.01)
        assert host.sink.frames == []
