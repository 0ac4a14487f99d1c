"""Guessing join codes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from quart import Quart

from db import guesses, sessions
from tests.web.people import People, Person, quiz
from web.app import create_app
from web.config import Config
from web.services import services_of

HERE = {"client": ("192.0.2.7", 1234)}
THERE = {"client": ("198.51.100.9", 1234)}


@pytest_asyncio.fixture
async def code(host: Person, app: Quart) -> str:
    """The join code of a session in its lobby."""
    body = (await host.post("/quizzes", quiz())).body
    session = await services_of(app).pool.run(
        sessions.create, body["id"], body["owner_id"], b'{"questions": [{}]}', "host", "flat"
    )
    return str(session["join_code"])


async def tried(people: People, code: str, scope: dict[str, Any]) -> Any:
    return await people.guest().post(f"/users/quizzes/{code}/join", {}, scope_base=scope)


def wrong(code: str, number: int) -> str:
    return f"{(int(code) + 1 + number) % 1_000_000:06d}"


async def test_an_address_with_too_many_wrong_codes_waits(people: People, code: str) -> None:
    for number in range(guesses.MAX_MISSES):
        assert (await tried(people, wrong(code, number), HERE)).status == 404
    for attempt in (wrong(code, 99), code):
        reply = await tried(people, attempt, HERE)
        assert (reply.status, reply.body["code"], reply.body["retryable"]) == (429, "rate_limited", True)
        assert 0 < int(reply.headers["Retry-After"]) <= guesses.WINDOW_S
    assert (await tried(people, wrong(code, 99), THERE)).status == 404


async def test_a_hall_behind_one_address_is_not_limited(people: People, app: Quart, code: str) -> None:
    redis = services_of(app).redis
    spaced = f"{code[:3]} {code[3:]}"
    for number in range(guesses.MAX_MISSES + 10):
        assert (await tried(people, code if number % 2 else spaced, HERE)).status != 429
    assert not redis.exists("guesses:192.0.2.7:misses")
    # Nor by those in it who mistype.
    for number in range(guesses.MAX_MISSES + 1):
        await tried(people, wrong(code, number), HERE)
    assert (await tried(people, wrong(code, 0), HERE)).status == 429
    assert (await tried(people, code, HERE)).status != 429


@pytest.mark.usefixtures("control_worker")
async def test_longer_codes_are_found_too(config: Config, host: Person) -> None:
    long = create_app(replace(config, join_code_digits=9))
    async with long.test_app():
        there = People(long)
        made = (await host.post("/quizzes", quiz())).body
        elsewhere = there.guest()
        elsewhere.token = host.token
        started = await elsewhere.post(f"/quizzes/{made['id']}/start")
        assert started.status == 201, started.text
        code = started.body["join_code"]
        assert len(code) == 9
        joined = await there.guest().post(f"/users/quizzes/{code[:3]}-{code[3:6]}-{code[6:]}/join", {})
        assert (joined.status, joined.body["session_id"]) == (201, started.body["id"])
