"""A session that anything may happen to, in any order, against a model of a few lines.

`QUIZWIRE_MACHINE=50 scripts/test tests/e2e/test_state_machine.py` plays fifty sessions of thirty steps at random;
without it the same short ones are played every time, and each process is killed in one of them, right after an answer.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
import redis
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from client import Api, ApiError, Host
from db import scoreboard
from scripts.simulation.plan import demo_quiz
from tests.e2e.guest import Guest
from tests.e2e.stack import Stack

MORE = int(os.environ.get("QUIZWIRE_MACHINE", "0"))
SEED, EXAMPLES = 1, 24
"""Sessions in which all of WANTED happens; another release of Hypothesis may need others."""

GUESTS = 4
PATIENCE_S = 25.0  # a killed worker's messages come again after five seconds, and it takes a while to start
EXTENSION_S = 30

_T = TypeVar("_T")

DRAFT = demo_quiz(1, None)
DRAFT["questions"] = [question | {"time_limit_s": 300} for question in DRAFT["questions"][:3]]
RIGHT = ["ABCD"[[bool(o.get("is_correct")) for o in q["options"]].index(True)] for q in DRAFT["questions"]]

guests = st.integers(0, GUESTS - 1)
gateways = st.integers(0, 1)
options = st.sampled_from("AB")

VICTIMS = ("scoring", "persistence", "control", "web.1", "web.2", "redis")
"""All but `redis` are processes; that one loses all it has."""

WANTED = {"join", "answer", "duplicate", "retry", "disconnect", "resume", "next", "close", "kick", *VICTIMS}
"""What must have happened somewhere: or the machine plays sessions that prove little."""

playing = precondition(lambda self: self.state != "ended")


@dataclass
class World:
    """What all sessions are played on."""

    stack: Stack
    runner: asyncio.Runner
    host: Host
    quiz: dict[str, Any]
    redis: redis.Redis
    victims: list[str]  # still to be killed, one in a session
    happened: Counter[str] = field(default_factory=Counter)

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return self.runner.run(coroutine)


@dataclass
class Member:
    """What the model knows of one guest."""

    guest: Guest
    online: bool = True
    kicked: bool = False
    answers: dict[int, tuple[str, str]] = field(default_factory=dict)  # id and option that count, by question


class Play(RuleBasedStateMachine):
    """One session, and its model: where it is, who is in it, and what they answered."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.state, self.index = "lobby", -1
        self.paused = self.locked = False
        self.members: list[Member] = []
        self.kills = 0
        self.session: dict[str, Any] = {}

    # The model

    @property
    def counted(self) -> int:
        """How many questions count: the open one does not yet."""
        return self.index if self.state == "open" else self.index + 1

    def score(self, member: Member) -> int:
        given = [(index, option) for index, (_, option) in member.answers.items() if index < self.counted]
        return max(0, sum(1 if option == RIGHT[index] else -1 for index, option in given))

    def one(self, who: int, wanted: Callable[[Member], bool]) -> Member | None:
        """One of those, if there are any."""
        found = [member for member in self.members if wanted(member)]
        return found[who % len(found)] if found else None

    def question_id(self, index: int) -> str:
        return str(self.world.quiz["questions"][index]["id"])

    # What happens

    @initialize(opened=st.sampled_from([True, True, True, False]), who=guests, option=options)
    def start(self, opened: bool, who: int, option: str) -> None:
        starting = self.world.host.start(self.world.quiz["id"], "host", penalty_percent=100)
        self.session = self.world.run(starting)  # type: ignore[assignment]
        for gateway in (0, 1):
            self.come_in(gateway)
        if opened:  # or else most sessions are over before anybody has answered
            self.next()
            self.answer(who=who, option=option)

    @playing
    @precondition(lambda self: len(self.members) < GUESTS)
    @rule(gateway=gateways)
    def join(self, gateway: int) -> None:
        self.come_in(gateway)

    def come_in(self, gateway: int) -> None:
        api = Api(self.world.stack.gateways)

        async def come() -> Guest | None:
            try:
                name = f"Guest {len(self.members)}"
                joined = await api.join(self.session["join_code"], name, gateway)
            except ApiError as error:
                assert (self.locked, error.code) == (True, "session_locked")
                return None
            finally:
                await api.close()
            guest = Guest(joined)  # type: ignore[arg-type]
            await guest.connect(self.world.stack.gateways, gateway)
            return guest

        guest = self.world.run(come())
        assert (guest is None) == self.locked
        if guest is not None:
            self.members.append(Member(guest))
            self.world.happened["join"] += 1

    @playing
    @rule(who=guests, option=options)
    def answer(self, who: int, option: str) -> None:
        member, index = self.one(who, lambda member: member.online), max(0, self.index)
        if member is None:
            return
        known = member.answers.get(index)
        ack = self.world.run(member.guest.answer(self.question_id(index), option))
        if known is not None:
            assert (ack.status, ack.option) == ("duplicate", known[1])
            self.world.happened["duplicate"] += 1
        elif self.state == "open" and not self.paused:
            assert ack.status == "accepted"
            member.answers[index] = ack.re, option
            self.world.happened["answer"] += 1
            self.strike_once()
        else:
            assert ack.status == "closed"

    @playing
    @rule(who=guests)
    def retry(self, who: int) -> None:
        member = self.one(who, lambda member: member.online and self.index in member.answers)
        if member is None:
            return
        known = member.answers[self.index]
        ack = self.world.run(member.guest.answer(self.question_id(self.index), known[1], known[0]))
        assert ack.status == "accepted"
        self.world.happened["retry"] += 1

    @playing
    @rule(who=guests)
    def disconnect(self, who: int) -> None:
        member = self.one(who, lambda member: member.online)
        if member is not None:
            self.until_recorded()
            self.world.run(member.guest.cut())
            member.online = False
            self.world.happened["disconnect"] += 1

    @playing
    @rule(who=guests, gateway=gateways)
    def resume(self, who: int, gateway: int) -> None:
        member = self.one(who, lambda member: not member.online)
        if member is None:
            return
        self.world.run(member.guest.connect(self.world.stack.gateways, gateway))
        if member.kicked:
            self.world.run(member.guest.closed())
            assert member.guest.code == 4503
        else:
            member.online = True
            self.world.happened["resume"] += 1

    @playing
    @rule()
    def next(self) -> None:
        try:
            self.session = self.world.run(self.moved_on())
        except ApiError as error:
            assert (self.paused, error.code) == (True, "session_paused")
            return
        assert not self.paused
        self.world.happened["next"] += 1
        self.index += 1
        self.state = "open"
        if self.index == len(RIGHT):
            self.index, self.state = self.index - 1, "ended"

    async def moved_on(self) -> dict[str, Any]:
        session = await self.world.host.session(self.session["id"])
        return await self.world.host.next(session)  # type: ignore[return-value]

    @playing
    @rule()
    def close(self) -> None:
        closed = self.world.run(self.world.host.close(self.session))  # type: ignore[arg-type]
        if self.state == "open":
            self.state = "closed"
            self.world.happened["close"] += 1
        assert closed["state"] == self.state

    @playing
    @rule(on=st.booleans())
    def pause_or_resume(self, on: bool) -> None:
        command = self.world.host.pause if on else self.world.host.resume
        self.paused = self.world.run(command(self.session["id"]))["paused"]
        assert self.paused is on

    @playing
    @rule(on=st.booleans())
    def lock_or_unlock(self, on: bool) -> None:
        command = self.world.host.lock if on else self.world.host.unlock
        self.locked = self.world.run(command(self.session["id"]))["locked"]
        assert self.locked is on

    @precondition(lambda self: self.state == "open" and self.paused)
    @rule()
    def extend(self) -> None:
        async def more() -> int:
            before = await self.world.host.session(self.session["id"])
            try:
                after = await self.world.host.extend(before, EXTENSION_S)
            except ApiError as error:  # the first reply was lost
                assert error.code == "version_conflict"
                after = await self.world.host.session(self.session["id"])
            return (after["remaining_ms"] or 0) - (before["remaining_ms"] or 0)

        assert self.world.run(more()) == EXTENSION_S * 1000

    @playing
    @precondition(lambda self: not any(member.kicked for member in self.members))
    @rule(who=guests)
    def kick(self, who: int) -> None:
        member = self.one(who, lambda member: not member.kicked)
        if member is None:
            return
        self.world.run(self.world.host.kick(self.session["id"], member.guest.id))
        if member.online:
            self.world.run(member.guest.closed())
            assert member.guest.code == 4503
        member.online, member.kicked = False, True
        self.world.happened["kick"] += 1

    @precondition(lambda self: self.kills < 3 * bool(MORE) and self.index >= 0)
    @rule(victim=st.sampled_from(VICTIMS))
    def kill(self, victim: str) -> None:
        self.kills += 1
        self.strike(victim)

    def strike_once(self) -> None:
        """Right after the first answer: kill one of those whose turn it is, unless they die at random."""
        if self.world.victims and not self.kills:
            self.kills += 1
            self.strike(self.world.victims.pop())

    def strike(self, victim: str) -> None:
        self.world.happened[victim] += 1
        stack = self.world.stack
        if victim == "redis":
            self.world.redis.flushall()
            self.world.run(self.world.host.leaderboard(self.session["id"]))
            self.until_recorded()
            return
        if victim.startswith("web."):
            self.until_recorded()
        stack.kill(victim)
        stack.restart(victim)
        if victim.startswith("web."):
            for member in self.members:
                if member.online and member.guest.gateway == int(victim[-1]) - 1:
                    self.world.run(member.guest.closed())
                    member.online = False
            stack.wait_ready()

    @precondition(lambda self: self.state == "ended")
    @rule()
    def nothing(self) -> None:
        """There is always something that can happen."""

    # What must be so

    @invariant()
    def everybody_sees_what_is_so(self) -> None:
        for member in self.members:
            if member.online:
                self.until(lambda member=member: self.seen_by(member) == self.expected_by(member), member)

    def seen_by(self, member: Member) -> dict[str, Any]:
        view = member.guest.view
        told = {index: view.answers.get(self.question_id(index)) for index in range(self.counted)}
        return {
            "state": view.state,
            "paused": view.paused,
            "locked": view.locked,
            "question": None if view.question is None else view.question.question_id,
            "board": {} if view.board is None else {who: row.score for who, row in view.board.rows.items()},
            "points": {index: own.points for index, own in told.items() if own is not None},
        }

    def expected_by(self, member: Member) -> dict[str, Any]:
        return {
            "state": self.state,
            "paused": self.paused and self.state != "ended",
            "locked": self.locked,
            "question": self.question_id(self.index) if self.state == "open" else None,
            "board": {one.guest.id: self.score(one) for one in self.members if not one.kicked},
            "points": {
                index: 1 if option == RIGHT[index] else -1
                for index, (_, option) in member.answers.items()
                if index < self.counted
            },
        }

    def until_recorded(self) -> None:
        """Whoever comes back by another way is known there by what is recorded."""

        def all_there() -> bool:
            for member in self.members:
                ids = [self.question_id(index) for index in member.answers]
                found = scoreboard.answers_of_participant(
                    self.world.redis, self.session["id"], member.guest.id, ids
                )
                if len(found) < len(ids):
                    return False
            return True

        self.until(all_there)

    def until(self, condition: Callable[[], bool], member: Member | None = None) -> None:
        async def wait() -> None:
            async with asyncio.timeout(PATIENCE_S):
                while not condition():  # noqa: ASYNC110  # what it waits for comes over the network
                    await asyncio.sleep(0.01)

        try:
            self.world.run(wait())
        except TimeoutError:
            if member is not None:
                assert self.seen_by(member) == self.expected_by(member)
            raise

    def teardown(self) -> None:
        if self.session:
            self.world.run(self.finish())

    async def finish(self) -> None:
        await self.world.host.end(self.session)  # type: ignore[arg-type]
        for member in self.members:
            if member.online:
                await member.guest.cut()
        if self.state == "open":
            self.state = "closed"
        standings = await self.world.host.leaderboard(self.session["id"])
        shown = {one["participant_id"]: one["score"] for one in standings}
        assert shown == {one.guest.id: self.score(one) for one in self.members if not one.kicked}
        results = await self.world.host.results(self.session["id"])
        stored = {
            one["participant_id"]: {answer["question_id"]: answer["option"] for answer in one["answers"]}
            for one in results["participants"]
        }
        assert stored == {
            one.guest.id: {self.question_id(index): option for index, (_, option) in one.answers.items()}
            for one in self.members
            if not one.kicked
        }


@pytest.mark.timeout(240 if not MORE else 0)
def test_whatever_happens_everybody_sees_the_same_and_nothing_is_lost(stack: Stack) -> None:
    """Every promise at once: first answer counts, accepted is kept, all boards are equal, whoever comes back catches up."""
    with asyncio.Runner() as runner:
        host = Host(Api(stack.gateways))
        runner.run(host.sign_in(None, None))
        quiz_id = runner.run(host.create_quiz(DRAFT))
        world = World(
            stack,
            runner,
            host,
            runner.run(host.quiz(quiz_id)),
            redis.Redis.from_url(stack.redis.url),
            [] if MORE else list(VICTIMS),
        )
        Play.world = world
        try:
            run_state_machine_as_test(
                Play if MORE else seed(SEED)(Play),
                settings=settings(
                    max_examples=MORE or EXAMPLES,
                    stateful_step_count=30 if MORE else 24,
                    database=None,
                    deadline=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                ),
            )
            if not MORE:
                assert set(world.happened) >= WANTED, world.happened
        finally:
            world.redis.close()
            runner.run(host.api.close())
