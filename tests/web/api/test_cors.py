"""Pages of other origins: those on the list may use the API, others are told nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from quart import Quart

from tests.web.people import People
from web.app import create_app
from web.config import Config

FRIEND = "https://quiz.example.org"
STRANGER = "https://quiz.example.org.evil.test"


@pytest_asyncio.fixture
async def app(config: Config) -> AsyncIterator[Quart]:
    made = create_app(replace(config, cors=frozenset((FRIEND, "http://localhost:5173"))))
    async with made.test_app():
        yield made


def preflight(origin: str, headers: str = "authorization, if-match") -> dict[str, str]:
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": headers,
    }


def names(header: str) -> set[str]:
    return {name.strip().lower() for name in header.split(",")}


async def test_a_page_of_the_list_may_read_replies_and_their_headers(people: People) -> None:
    reply = await people.guest().get("/quizzes", headers={"Origin": FRIEND})
    assert reply.status == 401
    assert reply.headers["Access-Control-Allow-Origin"] == FRIEND
    told = names(reply.headers["Access-Control-Expose-Headers"])
    assert {"etag", "location", "retry-after", "ratelimit-remaining"} <= told
    assert "Origin" in reply.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in reply.headers


@pytest.mark.parametrize(
    "origin", [STRANGER, "null", "http://quiz.example.org", "https://quiz.example.org:444"]
)
async def test_others_are_told_nothing(people: People, origin: str) -> None:
    reply = await people.guest().get("/livez", headers={"Origin": origin})
    assert reply.status == 200
    assert "Access-Control-Allow-Origin" not in reply.headers
    asked = await people.guest().ask("OPTIONS", "/quizzes/x", headers=preflight(origin))
    assert "Access-Control-Allow-Origin" not in asked.headers
    assert "Access-Control-Allow-Methods" not in asked.headers


async def test_a_preflight_allows_what_clients_need(people: People) -> None:
    asked = "authorization, content-type, idempotency-key, if-match, x-other"
    reply = await people.guest().ask("OPTIONS", "/quizzes/x", headers=preflight(FRIEND, asked))
    assert reply.status == 200
    assert reply.headers["Access-Control-Allow-Origin"] == FRIEND
    assert "put" in names(reply.headers["Access-Control-Allow-Methods"])
    allowed = names(reply.headers["Access-Control-Allow-Headers"])
    assert allowed == {"authorization", "content-type", "idempotency-key", "if-match"}
    assert reply.headers["Access-Control-Max-Age"] == "3600"


async def test_without_a_list_nobody_is_told_anything(config: Config) -> None:
    app = create_app(config)
    async with app.test_app():
        reply = await People(app).guest().get("/livez", headers={"Origin": FRIEND})
        assert not [name for name, _ in reply.headers if name.startswith("Access-Control")]
