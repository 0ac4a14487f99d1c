"""Who may write and run quizzes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest_asyncio
from quart import Quart

from db import users
from tests.web.people import People, Person, quiz
from web.app import create_app
from web.config import Config
from web.services import services_of


@pytest_asyncio.fixture
async def closed_app(config: Config) -> AsyncIterator[Quart]:
    """Where only an admin's grant makes a host."""
    made = create_app(replace(config, registration_role="participant"))
    async with made.test_app():
        yield made


async def grant(app: Quart, person: Person, role: str) -> None:
    user_id = (await person.get("/users/profile")).body["id"]
    await services_of(app).pool.run(users.grant, user_id, role)


async def test_who_registers_is_a_host_by_default(host: Person) -> None:
    assert (await host.get("/users/profile")).body["role"] == "host"
    assert (await host.post("/quizzes", quiz())).status == 201


async def test_with_the_setting_a_grant_makes_a_host_and_counts_at_once(closed_app: Quart) -> None:
    people = People(closed_app)
    person = await people.user()
    assert (await person.get("/users/profile")).body["role"] == "participant"
    refused = await person.post("/quizzes", quiz())
    assert (refused.status, refused.body["code"]) == (403, "host_role_needed")
    await grant(closed_app, person, "host")
    assert (await person.post("/quizzes", quiz())).status == 201


async def test_who_is_no_host_any_more_neither_makes_nor_starts_quizzes(host: Person, app: Quart) -> None:
    made = (await host.post("/quizzes", quiz())).body
    await grant(app, host, "participant")
    for path in (
        "/quizzes",
        "/quizzes/import",
        f"/quizzes/{made['id']}/start",
        f"/quizzes/{made['id']}/duplicate",
    ):
        reply = await host.post(path, quiz())
        assert (path, reply.status, reply.body["code"]) == (path, 403, "host_role_needed")
    assert (await host.get(f"/quizzes/{made['id']}")).status == 200


async def test_an_admin_acts_for_everybody_and_nobody_else_does(
    people: People, host: Person, app: Quart
) -> None:
    made = (await host.post("/quizzes", quiz())).body
    other = await people.user()
    assert (await other.get(f"/quizzes/{made['id']}")).status == 404
    await grant(app, other, "admin")
    assert (await other.get(f"/quizzes/{made['id']}")).status == 200
    await grant(app, other, "host")
    assert (await other.get(f"/quizzes/{made['id']}")).status == 404
