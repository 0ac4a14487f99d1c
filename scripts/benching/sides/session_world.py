"""A started session with many participants, as scoring needs it, written straight through `db`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from uuid import uuid4

import msgspec

from bus.broker import JetStreamBroker
from bus.connection import Connection
from bus.messages import Quiz, Submission, encode
from db import joining, live, quizzes, sessions, users
from db.blobs import Blobs
from db.connecting import connect_redis
from db.pool import Pool
from workers.answer_key import load_answer_key
from workers.deps import Deps
from workers.rules.session import initial

__all__ = ["PEOPLE", "QUESTIONS", "World", "make_deps"]

PEOPLE, QUESTIONS = 200, 100


def make_deps(environment: dict[str, str]) -> Deps:
    """What a scoring process has."""
    connection = Connection(environment["NATS_URL"], name="bench")
    pool = Pool(environment["DATABASE_URL"], 4)
    client = connect_redis(environment["REDIS_URL"])
    return Deps(
        connection=connection,
        broker=JetStreamBroker(connection),
        pool=pool,
        redis=client,
        blobs=Blobs("/tmp"),
        answer_key=lru_cache(maxsize=64)(partial(load_answer_key, client, pool)),
    )


@dataclass(slots=True)
class World:
    """One session; `submissions` are its answers, each once, in the order in which a class would give them."""

    session_id: str
    submissions: list[Submission]

    @classmethod
    def make(cls, deps: Deps) -> World:
        """A session of 200 participants and 100 questions, in which everybody is shown at once what an answer was worth."""
        call = deps.pool.call
        host = call(users.create, f"{uuid4().hex}@example.org", "hash", "Hanna")
        options = [{"text": f"option {number}", "is_correct": number == 1} for number in range(4)]
        questions = [{"title": f"Number {number}?", "options": options} for number in range(QUESTIONS)]
        draft = {"title": "Bench", "description": "", "questions": questions}
        quiz = call(quizzes.create, host["id"], draft)
        snapshot = call(quizzes.snapshot, quiz["id"])
        session = call(sessions.create, quiz["id"], host["id"], snapshot, "self", "speed/1")
        played = msgspec.json.decode(snapshot, type=Quiz)
        state = initial(session["id"], host["id"], played, "self", "speed/1", None)
        call(live.restore, deps.redis, session["id"], state=encode(state))
        newcomers = [
            joining.newcomer(session["id"], None, f"Participant {number}") for number in range(PEOPLE)
        ]
        call(joining.admit_all, newcomers)
        people = [one.id for one in newcomers]
        for number, participant_id in enumerate(people):
            live.enter(deps.redis, session["id"], participant_id, f"Participant {number}")
        submissions = [
            Submission(session["id"], participant_id, question.id, f"a{index}", "ABCD"[(index + place) % 4],
                       1_700_000_000_000, 1500, "bench")
            for index, question in enumerate(played.questions)
            for place, participant_id in enumerate(people)
        ]  # fmt: skip
        return cls(session["id"], submissions)
