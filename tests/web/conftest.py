"""The web app on real servers, spoken to over its test client; and a control worker beside it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from quart import Quart

from tests.web.people import People, Person
from web.app import create_app
from web.config import Config

ROOT = Path(__file__).parents[2]
SECRET = "a secret of the tests, long enough to sign with"


@pytest.fixture
def config(nats_url: str, redis_url: str, database_url: str, tmp_path: Path) -> Config:
    """Configuration of a web process on the run's servers, with a database of this test's own."""
    return Config(
        secret=SECRET,
        database_url=database_url,
        nats_url=nats_url,
        redis_url=redis_url,
        db_pool=4,
        blobs=str(tmp_path / "blobs"),
    )


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
    yield from _worker(config, "control")


@pytest.fixture
def background_worker(config: Config, app: Quart) -> Iterator[None]:
    """The real background pool, in a process of its own, on the servers of `app`."""
    yield from _worker(config, "background")


def _worker(config: Config, queue: str) -> Iterator[None]:
    environment = {
        **os.environ,
        "NATS_URL": config.nats_url,
        "REDIS_URL": config.redis_url,
        "DATABASE_URL": config.database_url,
        "QUIZWIRE_BLOBS": config.blobs,
    }
    arguments = ["workers.main:broker", "-Q", queue, "--processes", "1", "--threads", "4"]
    command = [sys.executable, "-m", "dramatiq", *arguments]
    worker = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True)
    yield
    os.killpg(worker.pid, signal.SIGKILL)  # it would take seconds to leave politely
    worker.wait()
