"""A room whose session is paused or given more time: what is late, and how long an answer took."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest

from bus.leaderboard import Leaderboard
from bus.messages import SessionState
from tests.web.gateway.test_room import QUIZ, answer, make_room, member
from web.gateway import answering, arrivals, room
from web.gateway.answering import Accepted
from web.gateway.room import Room

LIMIT_MS = 20_000


class Clocks:
    """This node's clocks, in the hands of a test; the wall clock tells nonsense unless it is set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.wall_ms = 10**12
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "time_ns", lambda: self.wall_ms * 1_000_000)

    def pass_ms(self, milliseconds: int, *, jump_ms: int = 0) -> None:
        self.now += milliseconds / 1000
        self.wall_ms += milliseconds + jump_ms


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def changed(state: SessionState, **changes: Any) -> SessionState:
    return msgspec.structs.replace(state, seq=state.seq + 1, event="state", **changes)


def open_room(clocks: Clocks, pacing: str = "host") -> Room:
    """A question opened just now, by the control worker's clock."""
    at_ms = clocks.wall_ms
    limit = {"opens_at_ms": at_ms, "closes_at_ms": at_ms + LIMIT_MS} if pacing == "host" else {}
    return make_room(pacing, seq=2, **limit)


def pause(there: Room, clocks: Clocks) -> None:
    there.move(changed(there.state, paused_at_ms=clocks.wall_ms))


def resume(there: Room, clocks: Clocks, took_ms: int | None = None) -> None:
    """As a control worker does, by whose clock the pause may have taken another time."""
    since_ms = there.state.paused_at_ms or 0
    until_ms = clocks.wall_ms if took_ms is None else since_ms + took_ms
    closes_at_ms = there.state.closes_at_ms
    there.move(
        changed(
            there.state,
            paused_at_ms=None,
            pauses=(*there.state.pauses, (since_ms, until_ms)),
            closes_at_ms=None if closes_at_ms is None else closes_at_ms + until_ms - since_ms,
        )
    )


def reload(there: Room) -> Room:
    """The same session on a node that has just loaded it."""
    return Room(QUIZ, there.state, Leaderboard.load("e", 1, [("p1", "Ann", 0, 0), ("p2", "Bob", 0, 0)]))


async def test_nothing_is_taken_while_paused_and_afterwards_it_goes_on(clocks: Clocks) -> None:
    there = open_room(clocks)
    ann = member(there, "p1")
    pause(there, clocks)
    assert answering.consider(there, ann, answer(), "n1").status == "closed"
    resume(there, clocks)
    assert isinstance(answering.consider(there, ann, answer(), "n1"), Accepted)


@pytest.mark.parametrize("after_ms", [-1, 0, 1])
@pytest.mark.parametrize("reloaded", [False, True])
@pytest.mark.parametrize("jump_ms", [0, 3_600_000, -3_600_000])
async def test_the_deadline_is_put_off_by_the_pause_to_the_millisecond(
    clocks: Clocks, after_ms: int, reloaded: bool, jump_ms: int
) -> None:
    there = open_room(clocks)
    clocks.pass_ms(5000)
    pause(there, clocks)
    clocks.pass_ms(60_000, jump_ms=jump_ms)
    resume(there, clocks)
    if reloaded:
        there = reload(there)
    clocks.pass_ms(15_000 + after_ms)
    # Binary fractions of a second: a hair either way.
    assert there.is_late(clocks.now + (1e-6 if after_ms > 0 else -1e-6)) is (after_ms > 0)


async def test_the_time_of_a_pause_is_nobodys_time_whatever_the_control_workers_clock_says(
    clocks: Clocks,
) -> None:
    there = open_room(clocks)
    ann = member(there, "p1")
    clocks.pass_ms(3000)
    pause(there, clocks)
    clocks.pass_ms(60_000)
    resume(there, clocks, took_ms=3_600_000)
    clocks.pass_ms(2000)
    accepted = answering.consider(there, ann, answer(), "n1")
    assert accepted.submission.elapsed_ms == pytest.approx(5000, abs=1)


async def test_more_time_counts_from_the_deadline(clocks: Clocks) -> None:
    there = open_room(clocks)
    there.move(changed(there.state, closes_at_ms=(there.state.closes_at_ms or 0) + 30_000))
    assert not there.is_late(clocks.now + 49.999)
    assert there.is_late(clocks.now + 50.001)


async def test_a_room_loaded_during_the_pause_has_the_rest_of_the_time(clocks: Clocks) -> None:
    there = open_room(clocks)
    clocks.pass_ms(5000)
    pause(there, clocks)
    clocks.pass_ms(60_000)
    there = reload(there)
    snapshot = arrivals.snapshot(there, member(there, None, "screen"))
    assert (snapshot.paused, snapshot.remaining_ms, snapshot.question.closes_at) == (True, 15_000, None)
    clocks.pass_ms(60_000)
    resume(there, clocks)
    assert not there.is_late(clocks.now + 14.999)
    assert there.is_late(clocks.now + 15.001)
    assert (
        arrivals.snapshot(there, member(there, None, "screen")).question.closes_at == clocks.wall_ms + 15_000
    )


async def test_a_pause_that_was_not_heard_of_is_known_from_the_state_loaded_afresh(clocks: Clocks) -> None:
    there, elsewhere = open_room(clocks), open_room(clocks)
    clocks.pass_ms(5000)
    pause(elsewhere, clocks)
    clocks.pass_ms(60_000)
    resume(elsewhere, clocks)
    there.move(elsewhere.state)  # two events later
    assert not there.is_late(clocks.now + 14.999)
    assert there.is_late(clocks.now + 15.001)


async def test_in_self_pacing_a_pause_costs_no_time_either(clocks: Clocks) -> None:
    there = open_room(clocks, "self")
    ann = member(there, "p1")
    arrivals.next_view(there, ann)
    clocks.pass_ms(3000)
    pause(there, clocks)
    assert answering.consider(there, ann, answer(), "n1").status == "closed"
    clocks.pass_ms(60_000)
    resume(there, clocks)
    clocks.pass_ms(1000)
    accepted = answering.consider(there, ann, answer(), "n1")
    assert accepted.submission.elapsed_ms == pytest.approx(4000, abs=1)


async def test_everybody_is_told_how_the_session_goes_on(clocks: Clocks) -> None:
    there = open_room(clocks)
    ann = member(there, "p1")
    clocks.pass_ms(5000)
    pause(there, clocks)
    there.announce()
    told = ann.sink.last("state")
    assert (told["state"], told["paused"], told["closes_at"], told["remaining_ms"]) == (
        "open",
        True,
        None,
        15_000,
    )
    resume(there, clocks)
    there.announce()
    told = ann.sink.last("state")
    assert (told["paused"], told["closes_at"], told["remaining_ms"]) == (False, clocks.wall_ms + 15_000, None)
    assert room.views.session(there.state, QUIZ).paused is False
