"""Commands to a session: handed to the control workers as a durable task, and waited for."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.errors import NoStreamResponseError

from bus import subjects
from bus.messages import Command, CommandKind, CommandReply, SessionState, decode
from bus.tasks import encode_task
from bus.telemetry import context
from db.ids import new_id
from web.problems import Problem

__all__ = ["Bus", "OnBus", "publish_task", "run_command"]

TIMEOUT_S = 10.0
PUBLISH_TIMEOUT_S = 2.0

_RETRYABLE = {"session_busy"}


class OnBus(Protocol):
    """Whatever has a connection to NATS: the services of a web process, or the console."""

    @property
    def nats(self) -> Client:
        """The connection."""

    @property
    def js(self) -> JetStreamContext:
        """JetStream on it."""


@dataclass(frozen=True, slots=True)
class Bus:
    """A connection to NATS, and nothing else."""

    nats: Client
    js: JetStreamContext


async def run_command(
    services: OnBus,
    kind: CommandKind,
    session_id: str,
    *,
    expected_version: int | None = None,
    participant_id: str | None = None,
    ban: bool = False,
    ban_network: bool = False,
    seconds: int | None = None,
) -> SessionState:
    """Have `kind` carried out and return the session's state afterwards; waits up to ten seconds.

    Raises Problem: 409 or 404 with the worker's code when it was refused, 504 `command_timeout` when nobody
    answered in time. After a timeout the command may still be carried out, once: it is durable.
    """
    context.bind(session_id=session_id)
    deadline = time.monotonic() + TIMEOUT_S
    reply_to = services.nats.new_inbox()
    command = Command(
        id=new_id(),
        kind=kind,
        session_id=session_id,
        issued_at_ms=time.time_ns() // 1_000_000,
        expected_version=expected_version,
        participant_id=participant_id,
        seconds=seconds,
        reply_to=reply_to,
        ban=ban,
        ban_network=ban_network,
    )
    subject, payload, _ = encode_task("control", "run_session", msgspec.to_builtins(command))
    subscription = await services.nats.subscribe(reply_to)
    try:
        await publish_task(services, subject, payload, command.id, deadline)
        message = await subscription.next_msg(timeout=max(0.001, deadline - time.monotonic()))
    except TimeoutError:
        raise Problem(
            504,
            "command_timeout",
            "The session did not answer in time. Look at its state, then try again.",
            retryable=True,
        ) from None
    finally:
        with suppress(nats.errors.Error):
            await subscription.unsubscribe()
    reply = decode(message.data, CommandReply)
    if reply.ok and reply.session is not None:
        return reply.session
    code = reply.code or "internal"
    status = {"not_found": 404, "internal": 500}.get(code, 409)
    detail = reply.message or "The session cannot do this now: look at its state."
    raise Problem(status, code, detail, retryable=code in _RETRYABLE)


async def publish_task(
    services: OnBus, subject: str, payload: bytes, message_id: str, deadline: float
) -> None:
    """Store a task, trying again with the same id until `deadline` (monotonic); it is stored once all the same.

    Raises TimeoutError.
    """
    headers = {**context.headers(), "Nats-Msg-Id": message_id}
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        try:
            await services.js.publish(
                subject, payload, stream=subjects.TASKS, timeout=min(left, PUBLISH_TIMEOUT_S), headers=headers
            )
            return
        except (TimeoutError, nats.errors.NoRespondersError, NoStreamResponseError):
            await asyncio.sleep(min(0.1, max(0.0, deadline - time.monotonic())))
