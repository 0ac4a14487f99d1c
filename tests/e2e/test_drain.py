"""A gateway that is told to stop, and a whole deploy, in the middle of a session."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from scripts.drilling.troubles import ROLL, RollingRestart
from scripts.simulation.plan import demo_quiz
from scripts.simulation.sources import stored_answers
from tests.e2e.stack import Stack
from tests.e2e.test_faults import assert_nothing_lost
from tests.e2e.wire import open_session, wire
from web.__main__ import GRACE_S, STOP_S
from web.gateway.drain import DRAIN_S, SPREAD_MS

PARTICIPANTS = 100


@contextmanager
def halted(stack: Stack) -> Iterator[Callable[[], None]]:
    """The bus hangs, until what is given is called, or to the end."""
    os.kill(stack.nats.pid, signal.SIGSTOP)
    go_on = partial(os.kill, stack.nats.pid, signal.SIGCONT)
    try:
        yield go_on
    finally:
        go_on()


async def test_a_gateway_that_stops_takes_nobody_in_and_stores_what_it_has(stack: Stack) -> None:
    url = stack.gateways[0]
    async with open_session(stack.gateways, demo_quiz(1, None)) as session:
        guest = await session.join()
        async with wire(url) as connection, wire(url) as newcomer, httpx.AsyncClient() as http:
            await connection.hello(ticket=guest["ticket"])
            question_id = await session.next()
            await connection.until("question")
            with halted(stack) as go_on:
                answer = {"type": "answer", "id": str(uuid4()), "question_id": question_id, "option": "A"}
                await connection.say(answer)
                stopping = asyncio.create_task(asyncio.to_thread(stack.terminate, "web.1"))
                told = await connection.until("reconnect")
                assert 0 <= told["after_ms"] < SPREAD_MS
                assert await newcomer.code() == 1012
                with pytest.raises(InvalidStatus) as refused:
                    async with wire(url):
                        pass
                assert refused.value.response.status_code == 503
                ready = await http.get(f"{url}/readyz")
                assert (ready.status_code, ready.json()["draining"]) == (503, True)
                assert not [data for data in connection.frames if b'"ack"' in data]
                go_on()
                ack = await connection.until("ack")
                assert (ack["re"], ack["status"]) == (answer["id"], "accepted")
            assert await connection.code() == 4001
            await stopping
        stack.restart("web.1")
        await session.end()
    (row,) = await asyncio.to_thread(stored_answers, stack.postgres.url, session.id)
    assert (row.participant_id, row.option) == (guest["participant_id"], "A")


async def test_it_stops_in_time_whatever_hangs(stack: Stack) -> None:
    """The bus does not answer, and a peer neither reads nor closes."""
    assert DRAIN_S + GRACE_S < STOP_S
    async with open_session(stack.gateways, demo_quiz(1, None)) as session:
        guest = await session.join()
        async with wire(stack.gateways[0]) as connection:
            await connection.hello(ticket=guest["ticket"])
            question_id = await session.next()
            await connection.until("question")
            connection.websocket.transport.pause_reading()
            with halted(stack):
                answer = {"type": "answer", "id": str(uuid4()), "question_id": question_id, "option": "A"}
                await connection.say(answer)
                async with asyncio.timeout(STOP_S + 1):
                    await asyncio.to_thread(stack.terminate, "web.1")
        stack.restart("web.1")
        async with wire(stack.gateways[1]) as connection:
            await connection.hello(resume_token=guest["resume_token"])
            ack = await connection.answer(question_id, "A", answer["id"])
            assert ack["status"] == "accepted"
        with suppress(TimeoutError):
            await session.end()


async def test_a_deploy_in_the_middle_of_a_session_costs_nobody_an_answer(
    stack: Stack, simulate: Callable[..., Any]
) -> None:
    """Both gateways and every pool are restarted, one after the other. `scripts/drill restart` does it with 500."""
    roll = RollingRestart(stack, delay_s=0.3)
    report = await simulate(
        on_question=roll,
        participants=PARTICIPANTS,
        questions=len(ROLL),
        pace="realistic",
        thinking_s=(0.1, 2.0),
        reveal_s=0.1,
    )
    assert set(roll.took_s) == {name for names in ROLL for name in names}
    assert_nothing_lost(report, PARTICIPANTS * len(ROLL))
    assert report.closes["4001"] >= PARTICIPANTS
