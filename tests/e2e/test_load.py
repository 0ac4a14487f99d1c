"""The load side of `scripts/bench session` against real processes: what it sees is what there was."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest

from client import Api, Host
from db import answers
from db.pool import Pool
from scripts.benching.child import Child, python
from scripts.benching.sides.desk import Desk, Refused
from scripts.benching.sides.session_load import digest
from scripts.simulation.plan import demo_quiz
from tests.e2e.stack import Stack

SESSIONS, PEOPLE, QUESTIONS = 2, 30, 2
STORED_S = 20.0


@pytest.fixture
def load() -> Iterator[Child]:
    with Child(python("scripts.benching.sides.session_load")) as child:
        yield child


@asynccontextmanager
async def hall(stack: Stack, load: Child) -> AsyncIterator[tuple[str, list[str]]]:
    """Sessions full of people: their host's token, and their ids."""
    api = Api(stack.gateways)
    try:
        host = Host(api)
        await host.sign_in(None, None)
        quiz_id = await host.create_quiz(demo_quiz(QUESTIONS, None))
        sessions = [await host.start(quiz_id, "host") for _ in range(SESSIONS)]
        order = {
            "ports": [int(url.rpartition(":")[2]) for url in stack.gateways],
            "sessions": [(one["id"], one["join_code"]) for one in sessions],
            "people": PEOPLE,
            "at_once": 8,
            "mixed": False,
        }
        assert (await tell(load, do="join", **order))["joined"] == SESSIONS * PEOPLE
        assert api.token is not None
        yield api.token, [one["id"] for one in sessions]
        for one in sessions:
            await host.end(one)
    finally:
        await api.close()


async def tell(load: Child, **order: Any) -> Any:
    return await asyncio.to_thread(load.ask, **order)


async def test_all_answer_when_everybody_has_the_question_and_all_is_seen_and_stored(
    stack: Stack, load: Child
) -> None:
    async with hall(stack, load) as (token, session_ids):
        for _ in range(QUESTIONS):
            seen = await tell(load, do="question", token=token, spread_s=0, pids={"us": [os.getpid()]})
            assert (seen["missing"], seen["refused"], seen["closed"]) == (0, 0, {})
            shown_at = max(one["last_shown_at"] for one in seen["sessions"])
            assert seen["opened_at"] < shown_at
            for one in seen["sessions"]:
                assert shown_at <= one["first_sent_at"] <= one["last_sent_at"] < one["last_ack_at"]
                assert one["last_ack_at"] < one["closed_at"]
                assert [len(one[what]) for what in ("acks_s", "results_at", "boards_at")] == [PEOPLE] * 3
                assert min(one["results_at"] + one["boards_at"]) > one["last_ack_at"]
            for name in ("us", "load"):
                used = [mark[name] for mark in seen["cpu_s"]]
                assert len(used) == 4 and used == sorted(used)
        for session_id, expected in zip(session_ids, await tell(load, do="accepted"), strict=True):
            assert digest(await stored(stack, session_id)) == expected


async def test_a_host_who_is_refused_is_an_error(stack: Stack, load: Child) -> None:
    async with hall(stack, load) as (_, session_ids):
        desk = await Desk.at(int(stack.gateways[0].rpartition(":")[2]))
        with pytest.raises(Refused, match="This access token is not valid"):
            await desk.post(f"/sessions/{session_ids[0]}/close", token="nobody's")
        desk.leave()
        with pytest.raises(RuntimeError, match="said nothing"):
            await tell(load, do="question", token="nobody's", spread_s=0.2, pids={})


async def stored(stack: Stack, session_id: str) -> list[tuple[str, str, str]]:
    """Everybody's answers: participant, question, option."""
    with closing(Pool(stack.postgres.url, 1)) as pool:
        async with asyncio.timeout(STORED_S):
            while True:
                rows = await asyncio.to_thread(pool.call, answers.of_session, session_id)
                if len(rows) >= PEOPLE * QUESTIONS:
                    return [(row.participant_id, row.question_id, row.option) for row in rows]
                await asyncio.sleep(0.2)
