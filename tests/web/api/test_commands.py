"""Commands when the other side is slow, deaf or odd; a stand-in answers for the worker."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from nats.js.api import RawStreamMsg
from quart import Quart

from bus import subjects
from bus.messages import Command, CommandReply, SessionState, encode
from bus.tasks import decode_task
from db.ids import new_id
from web import commands
from web.problems import Problem
from web.services import Services, services_of


async def stored(services: Services) -> RawStreamMsg:
    """The one task that waits in the control queue; read without a consumer, the queue has its own."""
    async with asyncio.timeout(5):
        while not await waiting_tasks(services):  # noqa: ASYNC110  nothing announces a stored message
            await asyncio.sleep(0.01)
    return await services.js.get_last_msg(subjects.TASKS, subjects.tasks("control"))


async def waiting_tasks(services: Services) -> int:
    """How many tasks are stored."""
    return (await services.js.stream_info(subjects.TASKS)).state.messages


def command_in(message: RawStreamMsg) -> Command:
    return msgspec.convert(decode_task("control", message.data or b"").args[0], Command)


@pytest.fixture(autouse=True)
async def empty_queue(app: Quart) -> None:
    await services_of(app).js.purge_stream(subjects.TASKS)


async def test_a_command_is_stored_and_its_reply_returned(app: Quart) -> None:
    services = services_of(app)
    session_id = new_id()
    waiting = asyncio.create_task(
        commands.run_command(services, "kick", session_id, expected_version=3, participant_id="p")
    )
    message = await stored(services)
    command = command_in(message)
    assert (command.kind, command.session_id, command.expected_version) == ("kick", session_id, 3)
    assert command.participant_id == "p"
    assert message.headers is not None
    assert message.headers["Nats-Msg-Id"] == command.id
    state = SessionState(session_id=session_id, host_id="h", pacing="host", version=4)
    await services.nats.publish(command.reply_to or "", encode(CommandReply(ok=True, session=state)))
    assert await waiting == state


@pytest.mark.parametrize(
    ("code", "status", "retryable"),
    [
        ("version_conflict", 409, False),
        ("session_busy", 409, True),
        ("not_found", 404, False),
        ("internal", 500, False),
    ],
)
async def test_a_refusal_becomes_a_problem(app: Quart, code: str, status: int, retryable: bool) -> None:
    services = services_of(app)
    waiting = asyncio.create_task(commands.run_command(services, "next", new_id()))
    message = await stored(services)
    reply = CommandReply(ok=False, code=code, message="No.")
    await services.nats.publish(command_in(message).reply_to or "", encode(reply))
    with pytest.raises(Problem) as caught:
        await waiting
    problem = caught.value
    assert (problem.status, problem.code, problem.retryable, problem.detail) == (
        status,
        code,
        retryable,
        "No.",
    )


async def test_silence_is_a_timeout_and_the_command_stays_stored(app: Quart, monkeypatch: Any) -> None:
    services = services_of(app)
    monkeypatch.setattr(commands, "TIMEOUT_S", 0.3)
    with pytest.raises(Problem) as caught:
        await commands.run_command(services, "next", new_id())
    assert (caught.value.status, caught.value.code, caught.value.retryable) == (504, "command_timeout", True)
    assert await waiting_tasks(services) == 1


async def test_a_publish_that_was_not_acknowledged_is_repeated_but_stored_once(
    app: Quart, monkeypatch: Any
) -> None:
    services = services_of(app)
    publish = services.js.publish
    lost = iter([True, True, False])

    async def unreliable(*arguments: Any, **options: Any) -> Any:
        acknowledged = await publish(*arguments, **options)
        if next(lost):
            raise TimeoutError
        return acknowledged

    monkeypatch.setattr(services.js, "publish", unreliable)
    monkeypatch.setattr(commands, "TIMEOUT_S", 2)
    with pytest.raises(Problem):
        await commands.run_command(services, "next", new_id())
    assert next(lost, "all used") == "all used"
    assert await waiting_tasks(services) == 1
