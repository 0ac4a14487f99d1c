"""The `quizwire` command, in a process of its own as people run it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.client import Client

from bus import subjects
from bus.messages import Revoked, decode
from tests.web.people import PASSWORD, People, Person, quiz
from web.config import Config
from web.console import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def quizwire(config: Config) -> Any:
    """`await quizwire("user", "list")`: exit status, output, errors."""

    async def run(
        *arguments: str,
        typed: str = "",
        nats_url: str = config.nats_url,
        database_url: str = config.database_url,
    ) -> tuple[int, str, str]:
        def call() -> tuple[int, str, str]:
            done = subprocess.run(
                [sys.executable, "-m", "web.console", *arguments],
                cwd=ROOT,
                env={"DATABASE_URL": database_url, "NATS_URL": nats_url},
                input=typed,
                capture_output=True,
                text=True,
                timeout=60,
            )
            return done.returncode, done.stdout, done.stderr

        return await asyncio.to_thread(call)

    return run


@pytest.fixture
def quizwire_here(config: Config, capsys: pytest.CaptureFixture[str]) -> Any:
    """The same in this process, for commands that leave PostgreSQL alone: a pool is its process's only one."""

    async def run(*arguments: str, nats_url: str = config.nats_url) -> tuple[int, str, str]:
        environment = {"DATABASE_URL": config.database_url, "NATS_URL": nats_url}
        output = StringIO()
        status = await asyncio.to_thread(main, arguments, environment, output)
        return status, output.getvalue(), capsys.readouterr().err

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
    assert "done, but NATS does not answer" in errors
    assert (await host.get("/users/profile")).status == 401


@pytest.mark.usefixtures("control_worker", "background_worker")
async def test_scores_are_worked_out_again_by_a_worker(quizwire: Any, host: Person) -> None:
    made = (await host.post("/quizzes", quiz())).body
    session = (await host.post(f"/quizzes/{made['id']}/start", {"scoring": "speed"})).body
    assert (await host.post(f"/users/quizzes/{made['id']}/join", {})).status == 201
    status, output, errors = await quizwire("session", "recompute", session["id"], "--json")
    assert (status, errors) == (0, "")
    assert json.loads(output) == {
        "answers": 0,
        "participants": 1,
        "wrong_answers": [],
        "wrong_totals": [],
        "wrong_rows": [],
        "equal": True,
    }
    status, _, errors = await quizwire("recompute", made["id"])
    assert status == 1
    assert made["id"] in errors


@pytest.mark.parametrize("command", ["status", "queues", "drain x", "dead-letters list", "streams"])
async def test_without_nats_it_says_what_is_missing(quizwire_here: Any, command: str) -> None:
    status, _, errors = await quizwire_here(*command.split(), nats_url="nats://127.0.0.1:1")
    assert (status, "NATS does not answer" in errors) == (1, True)
    assert "is scripts/up running?" in errors


async def rows(quizwire: Any, *command: str) -> Any:
    """What a command prints for programs."""
    status, output, errors = await quizwire(*command, "--json")
    assert (status, errors) == (0, ""), (command, output, errors)
    return json.loads(output)


@pytest.mark.usefixtures("control_worker", "background_worker")
async def test_the_status_shows_gateways_workers_queues_and_sessions(
    quizwire: Any, host: Person, config: Config
) -> None:
    made = (await host.post("/quizzes", quiz())).body
    assert (await host.post(f"/quizzes/{made['id']}/start")).status == 201  # so the control worker is there
    found: dict[str, Any] = {}
    for _ in range(20):
        found = await rows(quizwire, "status")
        if {tuple(worker["queues"]) for worker in found["workers"]} >= {("control",), ("background",)}:
            break
    assert config.node in [gateway["node"] for gateway in found["gateways"]]
    assert {tuple(worker["queues"]) for worker in found["workers"]} >= {("control",), ("background",)}
    assert {worker["threads"] for worker in found["workers"]} == {4}
    assert found["sessions"] == {"lobby": 1}
    assert [queue["name"] for queue in found["queues"]][:2] == ["control", "scoring"]
    assert found["live"] == 0
    status, output, _ = await quizwire("status")
    assert status == 0
    assert "gateways:" in output and config.node in output


@pytest.mark.usefixtures("control_worker")
async def test_a_paused_control_pool_holds_commands_until_it_is_resumed(
    quizwire_here: Any, host: Person
) -> None:
    made = (await host.post("/quizzes", quiz())).body
    session = (await host.post(f"/quizzes/{made['id']}/start")).body
    assert (await rows(quizwire_here, "pools", "pause", "control"))["paused"] is True
    ending = asyncio.create_task(host.post(f"/sessions/{session['id']}/end"))
    try:
        for _ in range(40):
            waiting = {queue["name"]: queue for queue in await rows(quizwire_here, "queues")}["control"]
            if waiting["depth"]:
                break
        assert (waiting["depth"], waiting["paused"]) == (1, True)
        assert not ending.done()
    finally:
        assert (await rows(quizwire_here, "pools", "resume", "control"))["paused"] is False
    assert (await ending).body["state"] == "ended"


@pytest.mark.usefixtures("control_worker")
async def test_a_session_is_shown_and_ended(quizwire: Any, host: Person) -> None:
    made = (await host.post("/quizzes", quiz())).body
    session = (await host.post(f"/quizzes/{made['id']}/start")).body
    assert (await rows(quizwire, "session", "show", session["join_code"]))["id"] == session["id"]
    assert (await rows(quizwire, "session", "end", session["id"]))["state"] == "ended"
    assert (await host.get(f"/sessions/{session['id']}")).body["ended_at"] is not None
    status, _, errors = await quizwire("session", "end", session["id"])
    assert (status, "over" in errors or "ended" in errors) == (1, True), errors
    status, _, errors = await quizwire("session", "show", "123456789")
    assert (status, "no session 123456789" in errors) == (1, True)


async def test_dead_letters_are_listed_shown_sent_back_and_dropped(
    quizwire_here: Any, config: Config
) -> None:
    client = Client()
    await client.connect(config.nats_url)
    try:
        js = client.jetstream()
        await js.purge_stream(subjects.DEAD_LETTERS)
        await js.purge_stream(subjects.SUBMISSIONS)
        headers = {"Dead-Queue": "scoring", "Dead-Subject": "submissions.0", "Dead-Stream": "SUBMISSIONS"}
        headers |= {"Dead-Reason": "failed", "Dead-Error": "ValueError: \x1b[31m"}
        for _ in range(3):
            await js.publish(subjects.dead("scoring"), b"\x91\xa1a", headers=headers)
        first, second, _ = (letter["seq"] for letter in await rows(quizwire_here, "dead-letters", "list"))
        assert (await rows(quizwire_here, "dead-letters", "show", str(first)))["content"] == ["a"]
        status, output, _ = await quizwire_here("dead-letters", "show", str(first))
        assert (status, "\x1b" in output) == (0, False)
        assert (await quizwire_here("dead-letters", "retry"))[0] == 1
        await rows(quizwire_here, "dead-letters", "retry", str(first))
        assert (await js.stream_info(subjects.SUBMISSIONS)).state.messages == 1
        await rows(quizwire_here, "dead-letters", "discard", str(second))
        assert len(await rows(quizwire_here, "dead-letters", "retry", "--all", "--queue", "control")) == 0
        assert len(await rows(quizwire_here, "dead-letters", "retry", "--all")) == 1
        assert await rows(quizwire_here, "dead-letters", "list") == []
        status, _, errors = await quizwire_here("dead-letters", "show", str(first))
        assert (status, "no dead letter" in errors) == (1, True)
        await js.purge_stream(subjects.SUBMISSIONS)
    finally:
        await client.close()


async def test_the_schema_and_the_streams_are_brought_up_to_date(
    quizwire: Any, config: Config, empty_database_url: str
) -> None:
    assert await rows(quizwire, "migrate", "--check") == []
    assert await rows(quizwire, "migrate") == []
    assert await quizwire("migrate", "--check") == (0, "nothing pending\n", "")
    fresh = {"database_url": empty_database_url}
    status, output, _ = await quizwire("migrate", "--check", "--json", **fresh)
    assert (status, json.loads(output)[0]["pending"]) == (1, "0001_initial")
    status, output, _ = await quizwire("migrate", "--json", **fresh)
    assert (status, json.loads(output)[0]["applied"]) == (0, "0001_initial")
    assert {row["stream"] for row in await rows(quizwire, "streams")} >= {"SUBMISSIONS", "TASKS", "EVENTS"}


def test_a_reader_who_has_read_enough_ends_it_silently(config: Config) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "web.console", "status"],
        cwd=ROOT,
        env={"DATABASE_URL": config.database_url, "NATS_URL": config.nats_url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert b"Broken" not in process.stderr.read()
    assert process.wait(60) == 0


def test_the_benchmark_gets_its_own_arguments_and_is_missed_where_there_is_no_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("web.console.bench.ROOT", tmp_path)
    assert main(["bench", "fanout"]) == 1
    assert "scripts/bench" in capsys.readouterr().err
    script = tmp_path / "scripts" / "bench"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/told\nexit 3\n')
    script.chmod(0o755)
    assert main(["bench", "fanout", "--quick", "--json", "x.json"]) == 3
    assert (tmp_path / "told").read_text() == "fanout --quick --json x.json\n"
