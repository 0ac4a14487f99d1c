"""schemathesis sends what the OpenAPI document allows, and what it does not, as everybody: see `scripts/fuzz`.

No reply may be a 500, of a status or media type that the document does not have, or against its schema. Problems have a
schema for each route and status that lists the codes, so those are checked as well.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from quart import Quart

from db import users
from tests.web.conftest import ROOT, SECRET
from tests.web.people import People, Person, quiz
from web.config import Config
from web.services import services_of

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
ENDS_THE_LOGIN = "/users/logout"
REQUESTS_PER_OPERATION = 20

pytestmark = [
    pytest.mark.usefixtures("control_worker", "background_worker"),
    pytest.mark.timeout(0),  # schemathesis has its own end
]


@pytest.fixture
def seconds(request: pytest.FixtureRequest) -> int:
    """How long to go on, for each of `WHO`."""
    return int(request.config.getoption("fuzz_seconds"))


@pytest.fixture
def served(config: Config, app: Quart) -> Iterator[str]:
    """URL of a web process on the servers of `app`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "NATS_URL": config.nats_url,
        "REDIS_URL": config.redis_url,
        "DATABASE_URL": config.database_url,
        "QUIZWIRE_BLOBS": config.blobs,
        "QUIZWIRE_SECRET": SECRET,
        "PORT": str(port),
        "LOG_LEVEL": "warning",
        "QUIZWIRE_RATE_LIMITS": "off",  # it sends more than anybody
    }
    process = subprocess.Popen([sys.executable, "-m", "web"], cwd=ROOT, env=environment)
    url = f"http://127.0.0.1:{port}"
    transport = httpx.HTTPTransport(retries=8)  # of the connection, 0.5 s and twice as long each time
    with httpx.Client(transport=transport, trust_env=False) as client:
        client.get(f"{url}/livez").raise_for_status()
    yield url
    assert process.poll() is None, "the web process did not survive"
    process.kill()
    process.wait()


async def things(host: Person) -> dict[str, list[str]]:
    """Ids of what `host` has, by the name that parameters have: several, because some get deleted and ended."""
    found: dict[str, list[str]] = {"quiz_id": [], "question_id": [], "session_id": [], "participant_id": []}
    for _ in range(6):
        made = (await host.post("/quizzes", quiz() | {"visibility": "public"})).body
        started = (await host.post(f"/quizzes/{made['id']}/start")).body
        joined = (await host.post(f"/users/quizzes/{made['id']}/join")).body
        found["quiz_id"] += [made["id"], started["join_code"]]
        found["question_id"].append(made["questions"][0]["id"])
        found["session_id"].append(started["id"])
        found["participant_id"].append(joined["participant_id"])
    return found


def settings(known: dict[str, list[str]]) -> str:
    """schemathesis's configuration: where an id is wanted, mostly one that exists."""
    lines = []
    for name, values in known.items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(values)}"]
    lines.append("[parameters]")
    lines += [f'"path.{name}" = {{ dictionary = "{name}", probability = 0.7 }}' for name in known]
    return "\n".join(lines)


def fuzz(folder: Path, url: str, token: str | None, seconds: int, *choice: str) -> None:
    """Raises AssertionError with the report of schemathesis, which has a curl command for each failure."""
    who = [] if token is None else ["--header", f"Authorization: Bearer {token}"]
    command: list[Any] = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml"),
        *("run", f"{url}/openapi.json", "--url", url, "--workers", "1"),
        *("--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"),
        *("--max-examples", str(REQUESTS_PER_OPERATION), "--max-time", str(seconds)),
        *("--request-timeout", "20"),
        *("--warnings", "off", "--suppress-health-check", "all", "--generation-database", "none"),
        *(*who, *choice),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds * 4 + 120)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]


async def person(app: Quart, people: People, who: str) -> Person:
    """Somebody of that role."""
    if who == "anonymous":
        return people.guest()
    found = await people.user()
    if who in ("participant", "admin"):
        user_id = (await found.get("/users/profile")).body["id"]
        await services_of(app).pool.run(users.grant, user_id, who)
    return found


@pytest.mark.parametrize("who", ["anonymous", "participant", "host", "admin"])
async def test_nothing_undocumented_happens(
    app: Quart, people: People, served: str, tmp_path: Path, seconds: int, who: str
) -> None:
    host = await people.user()
    caller = host if who == "host" else await person(app, people, who)
    (tmp_path / "schemathesis.toml").write_text(settings(await things(host)))
    fuzz(tmp_path, served, caller.token, seconds, "--exclude-path", ENDS_THE_LOGIN)
    fuzz(tmp_path, served, caller.token, 2, "--include-path", ENDS_THE_LOGIN)
