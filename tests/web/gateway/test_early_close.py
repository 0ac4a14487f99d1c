"""When a question is closed because nobody is left to answer it, and when by no means."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bus.messages import Answered, SessionState, Settings
from tests.web.gateway.test_room import make_room, member
from web.gateway.early_close import COME_BACK_S, HOLD_S, EarlyClose
from web.gateway.presence import SILENT_S, Presence
from web.gateway.room import Room


class Watch:
    """A room on node n1 with a hand on its clock; n2 is the other node."""

    def __init__(self, pacing: str = "host", **state: Any) -> None:
        self.now = 100.0
        self.room: Room = make_room(pacing, settings=Settings(early_close=True), **state)
        self.presence = Presence()
        self.asked = 0
        self.closed: list[SessionState] = []

        async def ask(room: Room) -> None:
            self.asked += 1

        async def close(state: SessionState) -> None:
            self.closed.append(state)

        self.early = EarlyClose(self.presence, ask, close)

    def connected_elsewhere(self, *participant_ids: str) -> None:
        self.presence.heard("n2", frozenset(participant_ids), self.now)

    def answers(self, *participant_ids: str) -> None:
        question_id = self.room.quiz.questions[max(0, self.room.state.question_index)].id
        self.room.progress.note([Answered(question_id, "A", participant_ids)])

    def verdict(self, later_s: float = 0.0) -> str:
        self.now += later_s
        return self.early.verdict(self.room, self.now)

    def closes(self) -> bool:
        """Whether it comes to a close within a second, when nothing happens meanwhile."""
        return "close" in [self.verdict(), self.verdict(HOLD_S), self.verdict(HOLD_S)]

    def change(self, **changes: Any) -> None:
        state = self.room.state
        self.room.move(
            msgspec.structs.replace(state, seq=state.seq + 1, version=state.version + 1, **changes)
        )


async def test_it_closes_once_everybody_on_both_nodes_has_answered() -> None:
    watch = Watch()
    member(watch.room, "p1")
    watch.connected_elsewhere("p2")
    watch.answers("p1")
    assert not watch.closes()
    watch.answers("p2")
    assert [watch.verdict(), watch.verdict(HOLD_S / 2), watch.verdict(HOLD_S / 2)] == ["ask", "wait", "close"]


async def test_somebody_of_whom_the_others_tell_when_asked_is_waited_for() -> None:
    watch = Watch()
    member(watch.room, "p1")
    watch.answers("p1")
    assert watch.verdict() == "ask"
    watch.connected_elsewhere("p2")
    assert watch.verdict(HOLD_S) == "wait"
    watch.answers("p2")
    assert watch.verdict() == "ask"  # from the beginning


async def test_somebody_who_has_just_connected_anywhere_is_waited_for() -> None:
    watch = Watch()
    member(watch.room, "p1")
    watch.answers("p1")
    assert watch.verdict() == "ask"
    watch.early.note("p2", watch.now)
    assert watch.verdict(HOLD_S) == "wait"


async def test_whoever_lost_the_connection_is_waited_for_a_while() -> None:
    watch = Watch()
    ann, bob = member(watch.room, "p1"), member(watch.room, "p2")
    watch.answers("p1")
    assert watch.verdict() == "wait"
    watch.room.leave(bob)
    assert watch.verdict(COME_BACK_S - 0.1) == "wait"
    assert watch.verdict(0.2) == "ask"
    watch.room.leave(ann)
    assert watch.verdict(HOLD_S) == "wait"  # nobody is there


async def test_those_of_a_node_that_died_are_not_waited_for_for_ever() -> None:
    watch = Watch()
    member(watch.room, "p1")
    watch.connected_elsewhere("p2")
    watch.answers("p1")
    assert watch.verdict(SILENT_S - 0.1) == "wait"
    assert watch.verdict(0.2) == "wait"
    assert watch.verdict(COME_BACK_S) == "ask"


async def test_with_nobody_connected_it_waits_for_the_deadline() -> None:
    watch = Watch()
    member(watch.room, None, "host")
    member(watch.room, None, "screen")
    assert not watch.closes()
    watch.answers("p1", "p2")
    assert not watch.closes()


async def test_somebody_who_was_thrown_out_is_not_waited_for() -> None:
    watch = Watch()
    member(watch.room, "p1")
    watch.connected_elsewhere("p2")
    watch.answers("p1")
    assert not watch.closes()
    watch.early.forget("p2")
    assert watch.closes()


@pytest.mark.parametrize(
    "state",
    [
        {"settings": Settings()},
        {"state": "closing"},
        {"state": "closed"},
        {"paused_at_ms": 1},
    ],
    ids=["not wanted", "closing", "closed", "paused"],
)
async def test_there_are_times_when_it_has_no_business(state: dict[str, Any]) -> None:
    watch = Watch()
    member(watch.room, "p1")
    watch.answers("p1")
    watch.change(**state)
    assert not watch.closes()


async def test_self_pacing_closes_nothing() -> None:
    watch = Watch("self")
    member(watch.room, "p1")
    watch.answers("p1")
    assert not watch.closes()


async def test_what_was_decided_before_a_pause_is_decided_again_after_it() -> None:
    watch = Watch()
    member(watch.room, "p1")
    watch.answers("p1")
    assert watch.verdict() == "ask"
    watch.change(paused_at_ms=1)
    assert watch.verdict(HOLD_S) == "wait"
    watch.change(paused_at_ms=None)
    assert watch.verdict() == "ask"


async def test_answers_to_the_question_before_count_for_nothing() -> None:
    watch = Watch()
    member(watch.room, "p1")
    watch.answers("p1")
    watch.change(question_index=1, event="question")
    watch.room.announce()
    assert not watch.closes()


async def test_it_decides_once(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch()
    monkeypatch.setattr("web.gateway.early_close.time.monotonic", lambda: watch.now)
    member(watch.room, "p1")
    watch.answers("p1")
    for _ in range(4):
        await watch.early.look(watch.room)
        watch.now += HOLD_S
    watch.early.stop()
    assert watch.asked == 1
    assert watch.closed == [watch.room.state]
