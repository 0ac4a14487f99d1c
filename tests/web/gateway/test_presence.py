"""Who is connected, in a room of five hundred: every joining and leaving is told, never in more than a frame a look."""

from __future__ import annotations

from bus.leaderboard import Leaderboard
from bus.messages import SessionState
from tests.web.gateway.test_room import QUIZ, Listener, member
from web.gateway.connection import Connection
from web.gateway.presence import KEEPALIVE_S, SILENT_S, Presence
from web.gateway.room import Room

CROWD = [f"{number:08}-0000-7000-8000-000000000000" for number in range(500)]


class Node:
    """One gateway's room of a session, and what it knows of the other."""

    def __init__(self, name: str) -> None:
        self.name = name
        board = Leaderboard.load("e", 1, [(participant_id, participant_id, 0, 0) for participant_id in CROWD])
        self.room = Room(QUIZ, SessionState("s", "h", "host"), board)
        self.presence = Presence()

    def tell(self, other: Node, now: float) -> int:
        """What is due goes to the other node; how many ids that are."""
        here = self.presence.to_tell(self.room, self.name, now)
        if here is not None:
            other.presence.heard(self.name, here, now)
        return 0 if here is None else len(here)

    def show(self, now: float) -> None:
        self.presence.show(self.room, now)


def told(connection: Connection) -> list[tuple[int, int]]:
    sink = connection.sink
    assert isinstance(sink, Listener)
    return [(one["connected"], one["joined"]) for one in sink.frames if one["type"] == "presence"]


async def test_five_hundred_who_come_and_go_cost_everybody_one_frame_a_look() -> None:
    here, there = Node("a"), Node("b")
    members = [member(here.room if number % 2 else there.room, id) for number, id in enumerate(CROWD)]
    host = member(here.room, None, "host")
    assert there.tell(here, 1.0) == here.tell(there, 1.0) == 250
    for node in (here, there):
        node.show(1.0)
    assert [told(one) for one in (members[0], members[1], host)] == [[(500, 500)]] * 3
    assert host.sink.last("presence")["participant_ids"] == sorted(CROWD)
    assert "participant_ids" not in members[1].sink.last("presence")

    for one in members[::2]:  # all on the other node leave
        there.room.leave(one)
    assert there.tell(here, 2.0) == 0
    here.show(2.0)
    assert told(members[1])[1:] == [(250, 500)]
    assert host.sink.last("presence")["participant_ids"] == sorted(CROWD[1::2])


async def test_a_storm_of_reconnections_is_told_to_nobody_who_stayed() -> None:
    here, there = Node("a"), Node("b")
    stayed = member(here.room, CROWD[0])
    away = [member(there.room, id) for id in CROWD[1:]]
    there.tell(here, 1.0)
    here.tell(there, 1.0)
    here.show(1.0)
    for one in away:  # between two looks, everybody is on the other node
        there.room.leave(one)
        member(here.room, one.participant_id)
    there.tell(here, 2.0)
    here.tell(there, 2.0)
    here.show(2.0)
    assert told(stayed) == [(500, 500)]
    assert here.tell(there, 2.0 + KEEPALIVE_S / 2) == 0  # nothing new, and nobody waits for it yet


async def test_who_lags_hears_how_things_are_when_they_have_caught_up() -> None:
    here = Node("a")
    slow, quick = member(here.room, CROWD[0]), member(here.room, CROWD[1])
    here.tell(here, 1.0)
    slow.sink.waiting = 100_000
    here.show(1.0)
    member(here.room, CROWD[2])
    here.tell(here, 2.0)
    here.show(2.0)
    assert (told(slow), told(quick)) == ([], [(2, 500), (3, 500)])
    slow.sink.waiting = 0
    here.show(3.0)
    assert told(slow) == [(3, 500)]


async def test_a_node_that_fell_silent_has_nobody() -> None:
    here, there = Node("a"), Node("b")
    member(there.room, CROWD[0])
    there.tell(here, 1.0)
    assert here.presence.connected(1.0 + SILENT_S) == {CROWD[0]}
    assert here.presence.connected(1.1 + SILENT_S) == frozenset()
