"""How often somebody may try, and that it passes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest
import pytest_asyncio
from quart import Quart
from redis import Redis

from db import throttle
from db.throttle import Window
from tests.web.people import PASSWORD, People, Person, Reply
from web import throttling
from web.app import create_app
from web.config import Config
from web.services import services_of
from web.throttling import Limit


@pytest.fixture(autouse=True)
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that tests reach soon."""
    for name, allowed in (
        ("PASSWORD_PLACE", 6),
        ("PASSWORD_ACCOUNT_PLACE", 3),
        ("PASSWORD_ACCOUNT", 5),
        ("REGISTER_PLACE", 4),
        ("REFRESH_LOGIN", 3),
    ):
        monkeypatch.setattr(throttling, name, Limit(name, allowed, 60))


@pytest_asyncio.fixture
async def app(config: Config) -> AsyncIterator[Quart]:
    """Behind a proxy, so that tests can come from anywhere."""
    made = create_app(replace(config, proxies=(ip_network("127.0.0.0/8"),)))
    async with made.test_app():
        yield made


async def attempt(people: People, email: str, password: str = "wrong", place: str = "198.51.100.1") -> Reply:
    return await people.guest().post(
        "/users/login",
        {"email": email, "password": password},
        headers={"X-Forwarded-For": place},
        scope_base={"client": ("127.0.0.1", 1)},
    )


def is_limited(reply: Reply) -> bool:
    if reply.status == 429:
        assert reply.body["code"] == "rate_limited"
        assert 1 <= int(reply.headers["Retry-After"]) <= 60
    return reply.status == 429


async def test_wrong_passwords_are_limited_for_one_account_but_not_for_its_owner_elsewhere(
    people: People, host: Person
) -> None:
    replies = [await attempt(people, host.email.upper() + " ") for _ in range(4)]
    assert [reply.status for reply in replies] == [401, 401, 401, 429]
    assert is_limited(await attempt(people, host.email, PASSWORD)), "the right password, too"
    assert (await attempt(people, host.email, PASSWORD, "198.51.100.2")).status == 200


async def test_wrong_passwords_from_everywhere_are_limited_for_one_account(
    people: People, host: Person
) -> None:
    statuses = [(await attempt(people, host.email, place=f"198.51.100.{n}")).status for n in range(6)]
    assert statuses == [401] * 5 + [429]


async def test_one_address_is_limited_for_all_accounts(people: People) -> None:
    statuses = [(await attempt(people, f"user{n}@example.test")).status for n in range(7)]
    assert statuses == [401] * 6 + [429]
    assert (await attempt(people, "user9@example.test", place="198.51.100.9")).status == 401


async def test_right_passwords_are_not_counted(people: People, host: Person) -> None:
    statuses = [(await attempt(people, host.email, PASSWORD)).status for _ in range(8)]
    assert statuses == [200] * 8


async def test_an_unknown_account_is_limited_like_a_known_one(people: People, host: Person) -> None:
    known = [await attempt(people, host.email, place="198.51.100.1") for _ in range(5)]
    unknown = [await attempt(people, "nobody@example.test", place="198.51.100.2") for _ in range(5)]
    assert [reply.status for reply in known] == [reply.status for reply in unknown] == [401] * 3 + [429] * 2
    assert known[0].text == unknown[0].text


async def test_what_confirms_a_change_is_limited_as_well(host: Person) -> None:
    change = {"new_password": "another password", "current_password": "wrong"}
    statuses = [(await host.put("/users/profile", change)).status for _ in range(4)]
    assert statuses == [403, 403, 403, 429]
    assert is_limited(await host.ask("DELETE", "/users/profile", {"password": PASSWORD}))


async def test_registrations_and_refreshes_are_limited(people: People, host: Person) -> None:
    def account(number: int) -> dict[str, Any]:
        return {"email": f"new{number}@example.test", "password": PASSWORD, "display_name": "New"}

    replies = [await people.guest().post("/users/register", account(n)) for n in range(4)]
    assert [reply.status for reply in replies] == [201, 201, 201, 429]  # the host was one, too
    body = {"refresh_token": host.tokens["refresh_token"]}
    refreshed = [await people.guest().post("/users/refresh-token", body) for _ in range(4)]
    assert [reply.status for reply in refreshed] == [200, 200, 200, 429]


async def test_without_redis_nobody_tries_passwords_but_logins_live_on(
    people: People, host: Person, app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Redis(port=1, socket_connect_timeout=0.1, retry=None)
    monkeypatch.setattr(services_of(app), "redis", gone)
    reply = await people.guest().post("/users/login", {"email": host.email, "password": PASSWORD})
    assert (reply.status, reply.body["code"]) == (503, "unavailable")
    body = {"refresh_token": host.tokens["refresh_token"]}
    assert (await people.guest().post("/users/refresh-token", body)).status == 200
    assert (await host.get("/users/profile")).status == 200


def test_a_window_slides_and_counts_a_repeated_call_once(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1_000_000.0]
    monkeypatch.setattr(throttle.time, "time_ns", lambda: int(now[0] * 1e9))
    windows = [Window("wide", 5, 10), Window("narrow", 2, 10)]
    assert throttle.take(redis, windows, "a") == 0
    assert throttle.take(redis, windows, "a") == 0
    now[0] += 4
    assert throttle.take(redis, windows, "b") == 0
    assert throttle.take(redis, windows, "c") == 6_000
    now[0] += 7
    assert throttle.take(redis, windows, "d") == 0
    throttle.give_back(redis, windows, "d")
    assert throttle.take(redis, windows, "e") == 0
    assert throttle.take(redis, windows, "f") > 0
    assert 0 < redis.pttl("throttle:narrow") <= 10_000


async def test_keys_in_redis_tell_neither_addresses_nor_accounts(people: People, redis: Redis) -> None:
    await attempt(people, "canary@example.test", place="203.0.113.77")
    keys = [key.decode() for key in redis.keys("throttle:*")]
    assert len(keys) == 3
    assert not any("canary" in key or "203.0.113" in key for key in keys)
