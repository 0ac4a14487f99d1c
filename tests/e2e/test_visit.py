"""`scripts/simulate --join`: crowds in a session that somebody else runs."""

from __future__ import annotations

import asyncio
import subprocess

import pytest

from client import Api, Host
from scripts.simulation.options import Options
from scripts.simulation.plan import demo_quiz
from scripts.simulation.visit import Visit
from tests.e2e.stack import ROOT, Stack

CROWD = 30
OTHERS = 5
QUESTIONS = 3


async def until(visit: Visit, *, joined: int = 0, answers: int = 0) -> None:
    for _ in range(1500):
        if visit.progress.joined >= joined and visit.progress.answers >= answers:
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"no more than {visit.progress}")


@pytest.mark.parametrize("processes", [1, 2])
async def test_two_crowds_answer_what_a_host_opens_until_the_end(stack: Stack, processes: int) -> None:
    urls = tuple(stack.gateways)
    api = Api(urls)
    host = Host(api)
    await host.sign_in(None, None)
    session = await host.start(await host.create_quiz(demo_quiz(1, QUESTIONS)), "host", "flat")
    crowd = Visit(
        Options(urls=urls, participants=CROWD, processes=processes),
        session["join_code"],
        stack.postgres.url,
        stack.redis.url,
    )
    # With the same seed, so with the same names; and without a look at the databases.
    others = Visit(Options(urls=urls, participants=OTHERS), session["join_code"], None, None)
    first = asyncio.create_task(crowd.run())
    await until(crowd, joined=CROWD)
    second = asyncio.create_task(others.run())
    await until(others, joined=OTHERS)
    for number in range(1, QUESTIONS + 1):
        session = await host.next(session)
        await until(crowd, answers=number * CROWD)
        await until(others, answers=number * OTHERS)
        session = await host.close(session)
    await host.end(session)
    report, unaudited = await asyncio.gather(first, second)
    await api.close()
    assert report.verdict is not None
    assert report.verdict.problems == []
    assert report.clean, report.as_json()
    assert report.verdict.stored == report.verdict.accepted == CROWD * QUESTIONS
    assert unaudited.clean and unaudited.verdict is None
    assert unaudited.podium == report.podium
    assert (report.session_id, report.questions) == (session["id"], QUESTIONS)


async def test_whom_the_host_removes_is_not_missed(stack: Stack) -> None:
    urls = tuple(stack.gateways)
    api = Api(urls)
    host = Host(api)
    await host.sign_in(None, None)
    session = await host.start(await host.create_quiz(demo_quiz(1, QUESTIONS)), "host", "flat")
    crowd = Visit(
        Options(urls=urls, participants=CROWD), session["join_code"], stack.postgres.url, stack.redis.url
    )
    running = asyncio.create_task(crowd.run())
    await until(crowd, joined=CROWD)
    session = await host.next(session)
    await until(crowd, answers=CROWD)
    session = await host.close(session)
    removed = (await host.leaderboard(session["id"]))[0]
    await api.call(
        "POST", f"/sessions/{session['id']}/participants/{removed['participant_id']}/kick", safe=False
    )
    await host.end(await host.session(session["id"]))
    report = await running
    await api.close()
    assert report.clean, report.as_json()
    assert (report.removed, report.participants) == (1, CROWD - 1)


def test_a_code_of_no_session_is_said_in_words(stack: Stack) -> None:
    command = [ROOT / "scripts" / "simulate", "--join", "999999", "--url", stack.gateways[0]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert "No running session has this join code" in said and "POST" not in said
