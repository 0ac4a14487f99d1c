"""Actors with real servers behind them, called directly: what a worker process does, without the process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import dramatiq
import msgspec
import pytest
import redis as redis_client

from bus import subjects
from bus.broker import JetStreamBroker
from bus.connection import Connection
from bus.messages import (
    BoardDelta,
    Command,
    CommandReply,
    Event,
    Outcome,
    Settings,
    Submission,
    decode,
    encode,
)
from bus.streams import ensure, purge
from db import live, quizzes, sessions, users
from db.blobs import Blobs
from db.pool import Pool
from scripts.servers import NatsServer
from tests.joining import join
from workers.actors.run_session import run_session
from workers.answer_key import load_answer_key
from workers.deps import Deps

NODE = "node1"


@dataclass
class Heard:
    """What the gateways of a session were told."""

    deltas: list[BoardDelta] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@dataclass
class World:
    """A started session with three participants, and the actors' dependencies."""

    deps: Deps
    session: dict[str, Any]
    quiz: dict[str, Any]
    people: list[str]
    heard: Heard
    _serial: int = 0

    @property
    def session_id(self) -> str:
        return self.session["id"]

    def question(self, index: int = 0) -> str:
        return self.quiz["questions"][index]["id"]

    def submission(
        self, person: int = 0, option: str = "A", *, answer_id: str = "a", question: int = 0
    ) -> Submission:
        return Submission(
            self.session_id,
            self.people[person],
            self.question(question),
            f"{answer_id}{person}",
            option,
            1_700_000_000_000,
            1500,
            NODE,
        )

    def command(self, kind: str, **more: Any) -> CommandReply:
        """Run one command as a control worker does."""
        self._serial += 1
        return self.run(Command(f"c{self._serial}", kind, self.session_id, 0, **more))

    def run(self, todo: Command) -> CommandReply:
        replies: list[bytes] = []
        self.listen("replies", replies.append)
        run_session(self.deps, msgspec.to_builtins(msgspec.structs.replace(todo, reply_to="replies")))
        self.settle()
        return decode(replies[0], CommandReply)

    def listen(self, subject: str, keep: Callable[[bytes], None]) -> None:
        async def subscribe() -> None:
            async def on_message(message: Any) -> None:
                keep(message.data)

            await self.deps.connection.client.subscribe(subject, cb=on_message)
            await self.deps.connection.client.flush()

        self.deps.connection.run(subscribe())

    def settle(self) -> None:
        """Wait until what was published has been heard: the server echoes in order."""
        self.deps.connection.flush()
        self.deps.connection.flush()

    def persisted(self) -> list[bytes]:
        """Payloads that wait for the persistence pool."""

        async def read() -> list[bytes]:
            js = self.deps.connection.client.jetstream()
            info = await js.stream_info(subjects.TASKS, subjects_filter="tasks.persistence")
            if not info.state.subjects:
                return []
            found = []
            for sequence in range(info.state.first_seq, info.state.last_seq + 1):
                try:
                    message = await js.get_msg(subjects.TASKS, sequence)
                except Exception:
                    continue
                if message.subject == "tasks.persistence":
                    found.append(message.data)
            return found

        return self.deps.connection.run(read())

    def dead_letters(self) -> int:
        """How many dead letters there are."""

        async def count() -> int:
            info = await self.deps.connection.client.jetstream().stream_info(subjects.DEAD_LETTERS)
            return info.state.messages

        return self.deps.connection.run(count())

    def batch(self, *submissions: Submission) -> list[bytes]:
        return [encode(list(submissions))]


@pytest.fixture
def deps(
    nats_server: NatsServer, redis: redis_client.Redis, database_url: str, tmp_path: Path
) -> Iterator[Deps]:
    connection = Connection(nats_server.url, name="test-workers")
    broker = JetStreamBroker(connection)
    pool = Pool(database_url, 4)

    async def streams() -> None:
        await ensure(connection.client)
        await purge(connection.client, subjects.TASKS, ["tasks.persistence", "tasks.control"])
        await purge(connection.client, subjects.SUBMISSIONS, ["submissions.0"])

    connection.run(streams())
    broker.declare_batch_queue("scoring", stream=subjects.SUBMISSIONS, subject="submissions.0")

    blobs = Blobs(str(tmp_path / "blobs"))
    deps = Deps(connection, broker, pool, redis, blobs, partial(load_answer_key, redis, pool))
    dramatiq.actor(broker=broker, queue_name="control", actor_name="run_session")(lambda command: None)
    dramatiq.actor(broker=broker, queue_name="background", actor_name="drop_pictures")(lambda owner_id: None)
    yield deps
    pool.close()
    broker.close()


@pytest.fixture
def world(deps: Deps) -> World:
    """Host pacing, two questions whose answer is A, in the lobby."""
    return make_world(deps, "host")


@pytest.fixture
def self_paced(deps: Deps) -> World:
    return make_world(deps, "self")


def make_world(
    deps: Deps,
    pacing: str,
    rule: str = "flat/1",
    questions: int = 2,
    email: str | None = None,
    settings: Settings | None = None,
) -> World:
    call = deps.pool.call
    host = call(users.create, email or f"{pacing}@example.org", "hash", "Hanna")
    options = [{"text": "right", "is_correct": True}, {"text": "wrong", "is_correct": False}]
    draft = {
        "title": "Two",
        "description": "",
        "questions": [
            {"title": f"Number {number}?", "options": options} for number in range(1, questions + 1)
        ],
    }
    quiz = call(quizzes.create, host["id"], draft)
    snapshot = call(quizzes.snapshot, quiz["id"])
    kept = None if settings is None else encode(settings)
    session = call(sessions.create, quiz["id"], host["id"], snapshot, pacing, rule, settings=kept)
    world = World(deps, session, quiz, [], Heard())
    world.listen(
        subjects.leaderboard(session["id"]), lambda data: world.heard.deltas.append(decode(data, BoardDelta))
    )
    world.listen(
        subjects.results(NODE), lambda data: world.heard.outcomes.extend(decode(data, list[Outcome]))
    )
    world.listen(subjects.events(session["id"]), lambda data: world.heard.events.append(decode(data, Event)))
    assert world.command("start").ok
    for name in ("Ann", "Bob", "Cid"):
        person = call(join, session["id"], None, name)
        live.enter(deps.redis, session["id"], person["id"], name)
        world.people.append(person["id"])
    return world
