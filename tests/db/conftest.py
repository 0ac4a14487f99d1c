"""A pool on this test's database, and what most tests need in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from peewee import PostgresqlDatabase

from db import models, quizzes, sessions, users
from db.pool import Pool
from scripts.servers import PostgresServer
from tests.db.lossy import Lossy
from tests.joining import join

Call = Callable[..., Any]


@pytest.fixture(scope="session")
def store_url(postgres_server: PostgresServer, template_database: str) -> str:
    """One database for all tests of this folder: emptying it is ten times as fast as copying it."""
    database = PostgresqlDatabase(postgres_server.url_of("postgres"))
    database.execute_sql(f'CREATE DATABASE "test_store" TEMPLATE "{template_database}"')
    database.close()
    return postgres_server.url_of("test_store")


@pytest.fixture
def pool(store_url: str) -> Iterator[Pool]:
    """A pool on an empty database."""
    opened = Pool(store_url, size=4)
    tables = ", ".join(table._meta.table_name for table in models.TABLES)
    opened.call(opened.database.execute_sql, f"TRUNCATE {tables}")
    yield opened
    opened.close()


@pytest.fixture
def lossy(redis_url: str) -> Iterator[Lossy]:
    """The run's Redis, emptied, whose replies may get lost."""
    made = Lossy(redis_url)
    yield made
    made.close()


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
    return call(join, session["id"], None, "Ann")


@pytest.fixture
def bob(call: Call, session: dict[str, Any]) -> dict[str, Any]:
    """Another one."""
    return call(join, session["id"], None, "Bob")
