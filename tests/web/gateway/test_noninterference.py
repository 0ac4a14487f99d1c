"""Two rooms that differ in what is right, and in nothing else, tell their participants and screens the same bytes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bus.leaderboard import Leaderboard
from bus.messages import (
    Answered,
    BoardDelta,
    BoardEntry,
    Option,
    Outcome,
    Question,
    Quiz,
    SessionState,
    Settings,
)
from tests.web.gateway.test_room import FakeTask, answer
from web.gateway import answering, arrivals, boards, progress
from web.gateway.answering import Accepted
from web.gateway.connection import Connection
from web.gateway.meter import Meter
from web.gateway.room import Room

PEOPLE = ["p1", "p2", "p3"]
KEYS = "ABCD"
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), st.sampled_from(PEOPLE), st.sampled_from(KEYS)),
        st.tuples(st.just("sync"), st.sampled_from([*PEOPLE, None]), st.none()),
        st.tuples(st.just("return"), st.sampled_from(PEOPLE), st.none()),
        st.tuples(st.just("join"), st.sampled_from(["p4", "p5"]), st.none()),
        st.tuples(st.just("kick"), st.sampled_from(PEOPLE), st.none()),
        st.tuples(st.just("close"), st.none(), st.none()),
    ),
    max_size=12,
)


@dataclass
class Bytes:
    """A sink that keeps every byte."""

    frames: list[bytes] = field(default_factory=list)
    waiting: int = 0  # bytes

    def watch(self, tell) -> None: ...

    def write(self, data: bytes) -> bool:
        self.frames.append(data)
        return True

    def abort(self) -> None: ...


class World:
    """A room at its first question, in which one option is right; scored the way the workers do."""

    def __init__(self, right: str) -> None:
        options = tuple(Option(key, f"option {key}") for key in KEYS)
        quiz = Quiz(
            "quiz", "Q", (Question("q1", "First?", options, right), Question("q2", "Second?", options, right))
        )
        chosen = Settings(option_order="participant", order_seed="seed", latency_allowance_ms=100)
        state = SessionState("s", "h", "host", question_count=2, settings=chosen)
        board = Leaderboard.load("e", 1, [(one, one, 0, 0) for one in PEOPLE])
        self.room = Room(quiz, state, board)
        self.right = right
        self.version = 1
        self.sinks: list[Bytes] = []
        self.screen = self.connect(None, "screen")
        self.people = {one: self.connect(one) for one in PEOPLE}
        self.happens(seq=2, state="open", event="question", question_index=0)

    def connect(self, who: str | None, role: str = "participant") -> Connection:
        self.sinks.append(Bytes())
        made = Connection(
            self.sinks[-1], FakeTask(), role, "s", who, Meter(50, 100), admitted=len(self.sinks)
        )
        self.room.join(made)
        return made

    def happens(self, **changes: Any) -> None:
        self.room.move(msgspec.structs.replace(self.room.state, **changes))
        self.room.announce()

    def take(self, step: tuple[str, str | None, str | None]) -> None:
        kind, who, option = step
        room, seq = self.room, self.room.state.seq + 1
        if kind == "answer" and who in self.people:
            self.answer(self.people[who], who, option or "A")
        elif kind == "sync":
            one = self.screen if who is None else self.people.get(who)
            if one is not None:
                one.send(arrivals.snapshot(room, one))
        elif kind == "return" and who in self.people:
            answers = self.people[who].answers
            self.people[who] = self.connect(who)
            self.people[who].answers = answers
            arrivals.resume(room, self.people[who], 1, arrivals.missed(room, "e", 1) or [])
        elif kind == "join" and who is not None and who not in self.people:
            self.version += 1
            room.apply(BoardDelta("s", "e", self.version, (BoardEntry(who, 0, 0, who),)))
            self.people[who] = self.connect(who)
        elif kind == "kick" and who in self.people:
            self.version += 1
            self.happens(seq=seq, event="kicked", participant_id=who)
            room.apply(BoardDelta("s", "e", self.version, ()))
            del self.people[who]
        elif kind == "close" and room.state.state == "open":
            self.happens(seq=seq, event="state", state="closing")

    def answer(self, one: Connection, who: str, option: str) -> None:
        verdict = answering.consider(self.room, one, answer(option, f"{who} {option}"), "n1")
        if not isinstance(verdict, Accepted):
            if not isinstance(verdict, answering.Waiting):
                one.send(verdict)
            return
        submission = verdict.submission
        answering.stored(one, submission)
        correct = submission.option == self.right
        points, time_ms = (700, 1230) if correct else (0, 0)
        self.version += 1
        entries = (BoardEntry(who, points, time_ms),) if correct else ()
        answered = (Answered("q1", submission.option, (who,)),)
        self.room.apply(BoardDelta("s", "e", self.version, entries, answered))
        own = submission.answer_id
        self.room.results.settle(
            Outcome(
                "s",
                who,
                "q1",
                own,
                own,
                submission.option,
                correct,
                points,
                points,
                time_ms,
                self.version,
                "e",
            )
        )


async def played(right: str, steps: list[tuple[str, str | None, str | None]]) -> list[list[bytes]]:
    world = World(right)
    for step in steps:
        world.take(step)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    return [sink.frames for sink in world.sinks]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is throttled is written in the next turn of the loop: when must not depend on the machine."""
    monkeypatch.setattr(progress, "EVERY_S", 0.0)
    monkeypatch.setattr(boards, "INTERVAL_S", 0.0)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS, st.permutations(KEYS))
def test_before_the_close_nothing_depends_on_what_is_right(
    at_once: None, steps: Any, keys: list[str]
) -> None:
    first, second = (asyncio.run(played(right, steps)) for right in keys[:2])
    assert first == second
    assert sum(map(len, first)) >= 4
