"""The `quizwire` command, in a process of its own as people run it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.client import Client

from bus import subjects
from bus.messages import Revoked, decode
from tests.web.people import PASSWORD, People, Person, quiz
from web.config import Config

ROOT = Path(__file__).parents[2]


@pytest.fixture
def quizwire(config: Config) -> Any:
    """`await quizwire("user", "list")`: exit status, output, errors."""

    async def run(*arguments: str, typed: str = "", nats_url: str = config.nats_url) -> tuple[int, str, str]:
        def call() -> tuple[int, str, str]:
            done = subprocess.run(
                [sys.executable, "-m", "web.console", *arguments],
                cwd=ROOT,
                env={"DATABASE_URL": config.database_url, "NATS_URL": nats_url},
                input=typed,
                capture_output=True,
                text=True,
                timeout=60,
            )
            return done.returncode, done.stdout, done.stderr

        return await asyncio.to_thread(call)

    return run


@pytest_asyncio.fixture
async def told(config: Config) -> AsyncIterator[list[Revoked]]:
    """What the gateways are told."""
    heard: list[Revoked] = []
    client = Client()
    await client.connect(config.nats_url)

    async def on_message(message: Any) -> None:
        heard.append(decode(message.data, Revoked))

    await client.subscribe(subjects.revocations(), cb=on_message)
    await client.flush()
    yield heard
    await client.close()


async def test_an_admin_is_made_with_a_password_from_stdin_and_can_log_in(
    quizwire: Any, people: People
) -> None:
    made = await quizwire(
        "user", "create-admin", "Root@example.test", "--json", typed="the admin's password\n"
    )
    assert made[0] == 0, made
    assert json.loads(made[1])["role"] == "admin"
    assert "password" not in made[1]
    login = {"email": "root@example.test", "password": "the admin's password"}
    assert (await people.guest().post("/users/login", login)).status == 200
    again = await quizwire("user", "create-admin", "root@example.test", typed="another password\n")
    assert (again[0], "already" in again[2]) == (1, True)
    short = await quizwire("user", "create-admin", "b@example.test", typed="short\n")
    assert (short[0], "8 to 256" in short[2]) == (1, True)
    assert (await quizwire("user", "create-admin", "b@example.test", "--password", "x"))[0] == 2


async def test_roles_are_granted_and_users_listed(quizwire: Any, host: Person) -> None:
    assert (await quizwire("user", "grant", host.email, "admin"))[0] == 0
    status, output, _ = await quizwire("user", "list", "--role", "admin", "--json")
    assert status == 0
    assert [user["email"] for user in json.loads(output)] == [host.email]
    assert (await host.get("/users/profile")).body["role"] == "admin"
    status, output, _ = await quizwire("user", "list")
    assert status == 0
    assert host.email in output
    assert "argon2" not in output
    assert (await quizwire("user", "grant", host.email, "emperor"))[0] == 2
    status, _, errors = await quizwire("user", "grant", "nobody@example.test", "host")
    assert (status, "there is no user nobody@example.test" in errors) == (1, True)


async def test_logins_are_listed_and_revoked(quizwire: Any, host: Person, told: list[Revoked]) -> None:
    listed = json.loads((await quizwire("user", "logins", host.email, "--json"))[1])
    assert len(listed) == 1
    other = await quizwire("user", "revoke", host.email, "01890a5d-ac96-774b-bcce-b302099a8057")
    assert (other[0], "has no login" in other[2]) == (1, True)
    done = await quizwire("user", "revoke", host.email, listed[0]["id"], "--json")
    assert json.loads(done[1])["ended"] == [listed[0]["id"]]
    assert (await host.get("/users/profile")).status == 401
    assert [revoked.login_ids for revoked in told] == [(listed[0]["id"],)]


async def test_who_is_banned_is_out_until_it_is_lifted(
    quizwire: Any, host: Person, people: People, told: list[Revoked]
) -> None:
    assert (await quizwire("user", "ban", host.email))[0] == 0
    assert [revoked.login_ids for revoked in told] == [None]
    assert (await host.get("/users/profile")).status == 401
    login = {"email": host.email, "password": PASSWORD}
    refused = await people.guest().post("/users/login", login)
    assert (refused.status, refused.body["code"]) == (403, "account_banned")
    wrong = await people.guest().post("/users/login", login | {"password": "wrong"})
    assert (wrong.status, wrong.body["code"]) == (401, "invalid_credentials")
    assert (await quizwire("user", "ban", host.email, "--lift"))[0] == 0
    assert (await people.guest().post("/users/login", login)).status == 200


async def test_without_nats_it_is_done_and_said(quizwire: Any, host: Person) -> None:
    status, _, errors = await quizwire("user", "revoke", host.email, nats_url="nats://127.0.0.1:1")
    assert status == 0
    assert "NATS does not answer" in errors
    assert (await host.get("/users/profile")).status == 401


@pytest.mark.usefixtures("control_worker", "background_worker")
async def test_scores_are_worked_out_again_by_a_worker(quizwire: Any, host: Person) -> None:
    made = (await host.post("/quizzes", quiz())).body
    session = (await host.post(f"/quizzes/{made['id']}/start", {"scoring": "speed"})).body
    assert (await host.post(f"/users/quizzes/{made['id']}/join", {})).status == 201
    status, output, errors = await quizwire("recompute", session["id"], "--json")
    assert (status, errors) == (0, "")
    assert json.loads(output) == {
        "answers": 0,
        "participants": 1,
        "wrong_answers": [],
        "wrong_totals": [],
        "equal": True,
    }
    status, _, errors = await quizwire("recompute", made["id"])
    assert status == 1
    assert made["id"] in errors


async def test_without_nats_recomputing_says_what_is_missing(quizwire: Any) -> None:
    status, _, errors = await quizwire("recompute", "x", nats_url="nats://127.0.0.1:1")
    assert status == 1
    assert "is NATS there" in errors
