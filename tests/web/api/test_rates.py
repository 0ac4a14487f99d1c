"""Limits on how often a route may be used: each route has one, callers are counted apart, counts are forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from quart import Quart

from tests.web.people import People
from web import rates
from web.app import create_app
from web.config import Config

ELSEWHERE = {"gateway.ws"}
"""Its messages are metered by the gateway."""

UNLIMITED = {"/livez", "/readyz"}


def test_every_route_says_how_often(app: Quart) -> None:
    silent, unlimited = set(), set()
    for rule in app.url_map.iter_rules():
        if rule.endpoint in ELSEWHERE:
            continue
        view = app.view_functions[rule.endpoint]
        if rates.is_unlimited(view):
            unlimited.add(rule.rule)
        elif not rates.is_limited(view):
            silent.add(rule.rule)
    assert silent == set()
    assert unlimited == UNLIMITED


async def test_one_too_many_is_a_problem_that_says_how_long_to_wait(people: People) -> None:
    ada, ben = await people.user("Ada"), await people.user("Ben")
    for _ in range(rates.COSTLY):
        reply = await ada.get("/users/profile/export")
        assert reply.status == 200
        assert int(reply.headers["RateLimit-Limit"]) == rates.COSTLY
    refused = reply
    for _ in range(rates.COSTLY):  # some have been worked off meanwhile
        refused = await ada.get("/users/profile/export")
        if refused.status == 429:
            break
    assert (refused.status, refused.body["code"]) == (429, "rate_limited")
    assert refused.body["retryable"] is True
    assert int(refused.headers["Retry-After"]) >= 1
    # Somebody else at the same address, the same somebody on another route, and nobody in particular.
    assert (await ben.get("/users/profile/export")).status == 200
    assert (await ada.get("/users/profile")).status == 200
    assert (await people.guest().get("/users/profile/export")).status == 401


async def test_a_made_up_token_is_counted_by_address(people: People) -> None:
    before = int((await people.guest().get("/quizzes")).headers["RateLimit-Remaining"])
    for number in range(rates.READS // 20):
        guest = people.guest()
        guest.token = f"made.up.{number}"
        reply = await guest.get("/quizzes")
        assert reply.status == 401
    assert int(reply.headers["RateLimit-Remaining"]) < before


async def test_limits_can_be_turned_off(config: Config) -> None:
    app = create_app(replace(config, rate_limits=False))
    async with app.test_app():
        reply = await People(app).guest().get("/quizzes")
        assert reply.status == 401
        assert "RateLimit-Limit" not in reply.headers


async def test_who_is_quiet_is_forgotten() -> None:
    store = rates.Store(size=10)
    now = datetime.now(UTC)
    for number in range(1000):
        await store.set(f"past {number}", now - timedelta(seconds=1))
    assert len(store) <= 2


async def test_a_crowd_of_callers_does_not_fill_the_memory() -> None:
    store = rates.Store(size=10)
    later = datetime.now(UTC) + timedelta(minutes=1)
    for number in range(1000):
        await store.set(f"busy {number}", later)
    assert len(store) == 10
    assert await store.get("busy 999", datetime.now(UTC)) == later


@pytest.mark.parametrize("path", sorted(UNLIMITED))
async def test_probes_are_never_turned_away(people: People, path: str) -> None:
    assert "RateLimit-Limit" not in (await people.guest().get(path)).headers
