"""A pool on this test's database, and what most tests need in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from db import participants, quizzes, sessions, users
from db.pool import Pool

Call = Callable[..., Any]


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    opened = Pool(database_url, size=4)
    yield opened
    opened.close()


@pytest.fixture
def call(pool: Pool) -> Call:
    """`call(fn, …)`: run one function of the store as the application does."""
    return pool.call


@pytest.fixture
def host(call: Call) -> dict[str, Any]:
    return call(users.create, "host@example.org", "hash", "Hanna Host")


def question(title: str = "2 + 2?", **more: Any) -> dict[str, Any]:
    options = [{"text": "4", "is_correct": True}, {"text": "5", "is_correct": False}]
    return {"title": title, "options": options} | more


@pytest.fixture
def draft() -> dict[str, Any]:
    return {"title": "Sums", "description": "Easy", "questions": [question("2 + 2?"), question("8 - 4?")]}


@pytest.fixture
def quiz(call: Call, host: dict[str, Any], draft: dict[str, Any]) -> dict[str, Any]:
    return call(quizzes.create, host["id"], draft)


@pytest.fixture
def session(call: Call, quiz: dict[str, Any]) -> dict[str, Any]:
    """A session in the lobby."""
    return call(
        sessions.create, quiz["id"], quiz["owner_id"], call(quizzes.snapshot, quiz["id"]), "host", "flat"
    )


@pytest.fixture
def ann(call: Call, session: dict[str, Any]) -> dict[str, Any]:
    """A guest in the session."""
    return call(participants.join, session["id"], None, "Ann")


@pytest.fixture
def bob(call: Call, session: dict[str, Any]) -> dict[str, Any]:
    """Another one."""
    return call(participants.join, session["id"], None, "Bob")
