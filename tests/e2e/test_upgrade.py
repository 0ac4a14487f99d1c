"""A rolling upgrade: the release before this one runs on the new schema, beside processes of this one."""

from __future__ import annotations

import asyncio
import io
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from tests.e2e.stack import ROOT, Stack

PREVIOUS = "7fc261d855cb"
"""The release that may still run while this one is rolled out: a commit until there are tags."""

CROWD = ("--participants", "16", "--questions", "3")
ANSWERS = 16 * 3


@pytest.fixture(scope="module")
def previous(run_folder: Path) -> Path:
    """Its code. Skips in a clone without history: how much of it there is is not for the tests to say."""
    archive = subprocess.run(["git", "archive", PREVIOUS], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(f"{PREVIOUS} is not in this clone (shallow, or no git): fetch all of the history")
    folder = run_folder / "previous"
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="module")
def mixed(run_folder: Path) -> Iterator[Stack]:
    """A stack with the schema and the streams of this release."""
    stack = Stack(run_folder, name="mixed")
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


async def play(stack: Stack, previous: Path, *more: str, during: Any = None) -> dict[str, Any]:
    """A session with the previous release's simulation, which knows no newer fields; its report.

    `during` is called once answers come in.
    """
    outcome = previous / "report.json"
    outcome.unlink(missing_ok=True)
    environment = {
        "DATABASE_URL": stack.postgres.url,
        "REDIS_URL": stack.redis.url,
        "PYTHONPATH": str(previous),
    }
    urls = [word for url in stack.gateways for word in ("--url", url)]
    playing = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scripts.simulation", *urls, "--json", str(outcome), *CROWD, *more),
        cwd=previous,
        env=os.environ | environment,
        stdout=asyncio.subprocess.DEVNULL,
    )
    if during is not None:
        await asyncio.to_thread(_wait_open, stack)
        await asyncio.to_thread(during)
    await playing.wait()
    report: dict[str, Any] = json.loads(outcome.read_text())
    return report


def _wait_open(stack: Stack) -> None:
    """Until a question is open."""
    deadline = time.monotonic() + 60
    with closing(psycopg2.connect(stack.postgres.url)) as connection:
        connection.autocommit = True
        while time.monotonic() < deadline:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM sessions WHERE state = 'open'")
                if cursor.fetchone():
                    return
            time.sleep(0.1)
    raise TimeoutError(f"no question was opened\n{stack.tails()}")


def require_clean(stack: Stack, report: dict[str, Any]) -> None:
    """Every answer was accepted, stored once and scored."""
    if not report["clean"]:
        print(stack.tails())
    assert report["clean"], report["verdict"]
    assert report["violations"] == []
    assert report["verdict"]["accepted"] == report["verdict"]["stored"] == ANSWERS


def replace(stack: Stack, code: Path, *names: str) -> None:
    """End these processes in order and start them with other code."""
    for name in names:
        stack.terminate(name)
        stack.roots[name] = code
        stack.restart(name)
    stack.wait_ready()


async def test_new_gateways_play_a_session_with_old_workers(mixed: Stack, previous: Path) -> None:
    """The other half is below: old gateways with new workers, and all old on the new schema."""
    await asyncio.to_thread(replace, mixed, previous, "control", "scoring", "persistence", "background")
    require_clean(mixed, await play(mixed, previous))


async def test_a_rolling_upgrade_in_the_middle_of_a_session_loses_nobody(
    mixed: Stack, previous: Path
) -> None:
    """In the order of the how-to: workers first, then gateways, one after the other."""
    await asyncio.to_thread(replace, mixed, previous, *mixed.names)

    def upgrade() -> None:
        replace(mixed, ROOT, "control", "scoring", "persistence", "background", "web.1", "web.2")

    report = await play(mixed, previous, "--pace", "realistic", during=upgrade)
    require_clean(mixed, report)
    assert report["reconnects"] >= 16
