"""`quizwire doctor`: what is wrong is named, with what to do."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis as redis_client
from nats.aio.client import Client
from nats.js.api import StorageType, StreamConfig

from bus import streams
from scripts.servers import NatsServer, RedisServer
from tests.web.conftest import SECRET
from web import doctor
from web.doctor.finding import clock, offset

ROOT = Path(__file__).parents[2]
Examine = Callable[..., dict[str, list[dict[str, str]]]]


@pytest.fixture
def environment(nats_url: str, redis_url: str, database_url: str) -> dict[str, str]:
    return {
        "NATS_URL": nats_url,
        "REDIS_URL": redis_url,
        "DATABASE_URL": database_url,
        "QUIZWIRE_SECRET": SECRET,
    }


@pytest.fixture
def examine(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Examine:
    """`examine(NAME=value)` → what each check found, with these variables changed."""

    def run(**changes: str) -> dict[str, list[dict[str, str]]]:
        for name, value in (environment | changes).items():
            monkeypatch.setenv(name, value)
        found: dict[str, list[dict[str, str]]] = {}
        for one in doctor.examine():
            found.setdefault(one.check, []).append(
                {"status": one.status, "found": one.found, "advice": one.advice}
            )
        return found

    return run


def make_streams(url: str, *, spoil: str | None = None) -> None:
    async def make() -> None:
        client = Client()
        await client.connect(url)
        if spoil is not None:
            config = StreamConfig(name=spoil, subjects=["events.>"], storage=StorageType.MEMORY)
            await client.jetstream().add_stream(config)
        await streams.ensure(client, update=False)
        await client.close()

    asyncio.run(make())


def test_servers_as_they_should_be(examine: Examine, nats_url: str) -> None:
    make_streams(nats_url)
    found = examine()
    for check in ("python", "driver", "settings", "postgres", "migrations", "redis", "nats", "streams"):
        assert [one["status"] for one in found[check]] == ["ok"], found[check]
    assert len(found["clocks"]) == 3
    assert {one["status"] for one in found["clocks"]} == {"ok"}


def test_the_command_says_so_in_text_and_json(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "web.console", "doctor"]
    ruined = environment | {"REDIS_URL": "redis://127.0.0.1:1/0"}
    text = subprocess.run(command, cwd=ROOT, env=ruined, capture_output=True, text=True, timeout=60)
    assert text.returncode == 1
    assert "fail  redis" in text.stdout and "is REDIS_URL right?" in text.stdout
    told = subprocess.run(
        [*command, "--json"], cwd=ROOT, env=ruined, capture_output=True, text=True, timeout=60
    )
    report = json.loads(told.stdout)
    assert told.returncode == 1 and report["ok"] is False
    assert "redis" in [check["check"] for check in report["checks"] if check["status"] == "fail"]


@pytest.mark.parametrize(("secret", "wrong"), [("", "is not set"), ("short", "has 5 bytes of at least 32")])
def test_without_settings_it_says_which_and_looks_at_the_rest(
    examine: Examine, secret: str, wrong: str
) -> None:
    found = examine(QUIZWIRE_SECRET=secret)
    (settings,) = found["settings"]
    assert settings["status"] == "fail"
    assert f"QUIZWIRE_SECRET {wrong}: set it" in settings["advice"]
    assert "scripts/quizwire doctor" in settings["advice"]
    assert found["postgres"][0]["status"] == "ok"


def test_without_a_database_it_says_so(examine: Examine) -> None:
    found = examine(DATABASE_URL="")
    assert set(found) == {"python", "driver", "settings"}
    assert "DATABASE_URL is not set" in found["settings"][0]["advice"]


def test_settings_that_are_for_something_else(examine: Examine) -> None:
    found = examine(QUIZWIRE_RATE_LIMITS="off", QUIZWIRE_PUBLIC_URL="https://quiz.example.org")["settings"]
    assert {(one["status"], one["found"]) for one in found} == {
        ("warn", "QUIZWIRE_RATE_LIMITS is off"),
        ("warn", "QUIZWIRE_PROXIES is not set"),
    }


def test_servers_that_do_not_answer(examine: Examine) -> None:
    found = examine(
        NATS_URL="nats://127.0.0.1:1",
        REDIS_URL="redis://127.0.0.1:1/0",
        DATABASE_URL="postgresql://u:p@127.0.0.1:1/d",
    )
    for check in ("nats", "redis", "postgres"):
        assert [one["status"] for one in found[check]] == ["fail"]
        assert found[check][0]["advice"]


def test_a_schema_that_is_behind_and_one_that_is_ahead(
    examine: Examine, empty_database_url: str, database_url: str
) -> None:
    (behind,) = examine(DATABASE_URL=empty_database_url)["migrations"]
    assert behind["status"] == "fail" and "0001_initial" in behind["found"]
    connection = psycopg2.connect(database_url)
    with connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', now())")
    connection.close()
    (ahead,) = examine()["migrations"]
    assert (ahead["status"], ahead["found"]) == ("warn", "the schema is ahead: 9999_future")


def test_a_redis_that_may_forget_and_one_that_was_restarted(examine: Examine, start_server: Any) -> None:
    server = start_server(RedisServer)
    with redis_client.Redis.from_url(server.url) as client:
        client.set("quizwire:run", "another run")
        client.config_set("maxmemory-policy", "allkeys-lru")
        (found,) = examine(REDIS_URL=server.url)["redis"]
        assert found["status"] == "fail" and "noeviction" in found["found"]
        client.config_set("maxmemory-policy", "noeviction")
        assert examine(REDIS_URL=server.url)["redis"][0]["status"] == "ok"
        assert client.get("quizwire:run") == b"another run", "to look must not empty it"


def test_streams_that_are_missing_or_wrong(examine: Examine, start_server: Any) -> None:
    server = start_server(NatsServer)
    (found,) = examine(NATS_URL=server.url)["streams"]
    assert found["status"] == "fail" and "SUBMISSIONS is missing" in found["found"]
    make_streams(server.url, spoil="EVENTS")
    (found,) = examine(NATS_URL=server.url)["streams"]
    assert found["status"] == "fail"
    assert "EVENTS: storage is 'memory' instead of 'file'" in found["found"]
    assert "TASKS" not in found["found"]


@pytest.mark.parametrize(("off_s", "status"), [(0.0, "ok"), (0.4, "warn"), (-3.0, "fail")])
def test_a_clock_that_is_off(off_s: float, status: str) -> None:
    measured = offset(lambda: time.time() + off_s)
    assert clock("redis", measured).status == status


def test_a_slow_answer_is_no_wrong_clock() -> None:
    def slow() -> float:
        told = time.time()
        time.sleep(0.5)
        return told

    assert clock("redis", offset(slow)).status == "ok"
