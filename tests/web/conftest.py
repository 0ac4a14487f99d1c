"""The web app on real servers, spoken to over its test client; and a control worker beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from quart import Quart
from quart.typing import TestClientProtocol

from web.app import create_app
from web.config import Config

ROOT = Path(__file__).parents[2]
SECRET = "a secret of the tests, long enough to sign with"
PASSWORD = "correct horse battery staple"

_numbers = count(1)


@dataclass
class Reply:
    """A response, read."""

    status: int
    headers: Any
    text: str
    body: Any  # decoded JSON, or None


class Person:
    """Somebody with the API in front of them; logged in when they have a token."""

    def __init__(self, client: TestClientProtocol, token: str | None = None) -> None:
        self.client = client
        self.token = token
        self.tokens: dict[str, Any] = {}
        self.email = ""

    async def ask(self, method: str, path: str, json: Any = ..., **more: Any) -> Reply:
        """Send a request; `json` is left out unless given."""
        headers = dict(more.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        if json is not ...:
            more["json"] = json
        response = await self.client.open(path, method=method, headers=headers, **more)
        text = await response.get_data(as_text=True)
        is_json = response.mimetype in ("application/json", "application/problem+json")
        return Reply(response.status_code, response.headers, text, await response.get_json(force=True) if is_json else None)

    async def get(self, path: str, **more: Any) -> Reply:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, json: Any = ..., **more: Any) -> Reply:
        return await self.ask("POST", path, json, **more)

    async def put(self, path: str, json: Any = ..., **more: Any) -> Reply:
        return await self.ask("PUT", path, json, **more)

    async def delete(self, path: str) -> Reply:
        return await self.ask("DELETE", path)


class People:
    """Makes people."""

    def __init__(self, app: Quart) -> None:
        self.app = app

    def guest(self) -> Person:
        """Somebody without an account."""
        return Person(self.app.test_client(use_cookies=False))

    async def user(self, name: str = "Ada") -> Person:
        """Somebody who has just registered and logged in."""
        person = self.guest()
        person.email = f"user{next(_numbers)}@example.test"
        account = {"email": person.email, "password": PASSWORD, "display_name": name}
        registered = await person.post("/users/register", account)
        assert registered.status == 201, registered.text
        logged_in = await person.post("/users/login", {"email": person.email, "password": PASSWORD})
        assert logged_in.status == 200, logged_in.text
        person.tokens = logged_in.body
        person.token = logged_in.body["access_token"]
        return person


@pytest.fixture
def config(nats_url: str, redis_url: str, database_url: str) -> Config:
    """Configuration of a web process on the run's servers, with a database of this test's own."""
    return Config(secret=SECRET, database_url=database_url, nats_url=nats_url, redis_url=redis_url, db_pool=4)


@pytest_asyncio.fixture
async def app(config: Config) -> AsyncIterator[Quart]:
    """The app, serving."""
    made = create_app(config)
    async with made.test_app():
        yield made


@pytest.fixture
def people(app: Quart) -> People:
    """Makes people who talk to `app`."""
    return People(app)


@pytest_asyncio.fixture
async def host(people: People) -> Person:
    """A user."""
    return await people.user("Hedy")


@pytest.fixture
def control_worker(config: Config, app: Quart) -> Iterator[None]:
    """The real control pool, in a process of its own, on the servers of `app`."""
    environment = {
        **os.environ,
        "NATS_URL": config.nats_url,
        "REDIS_URL": config.redis_url,
        "DATABASE_URL": config.database_url,
    }
    arguments = ["workers.main", "-Q", "control", "--processes", "1", "--threads", "4"]
    worker = subprocess.Popen([sys.executable, "-m", "dramatiq", *arguments], cwd=ROOT, env=environment)
    yield
    worker.terminate()
    try:
        worker.wait(15)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()


def question(title: str = "What is the capital of Australia?", **more: Any) -> dict[str, Any]:
    """A valid question; the second option is the correct one."""
    options = [{"text": "Sydney", "is_correct": False}, {"text": "Canberra", "is_correct": True}]
    return {"title": title, "options": options, **more}


def quiz(*questions: dict[str, Any], title: str = "Capitals") -> dict[str, Any]:
    """A valid quiz; of one question unless some are given."""
    return {"title": title, "questions": list(questions) or [question()]}
