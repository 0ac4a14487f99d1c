"""Dramatiq messages on the wire: `tasks.<queue>`, Dramatiq's own encoding, delays as the server's schedules."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from dramatiq import DecodeError, Message

from bus import subjects
from bus.errors import InvalidMessage

__all__ = ["decode_task", "encode_task", "message_id", "scheduled"]


def encode_task(queue: str, actor: str, *args: Any, **kwargs: Any) -> tuple[str, bytes, str]:
    """`(subject, payload, message id)` of a call of `actor`, for publishers that have no broker.

    Publish it to JetStream with the id as `Nats-Msg-Id`: repeating within the duplicate window stores it once.
    """
    message: Message[Any] = Message(queue_name=queue, actor_name=actor, args=args, kwargs=kwargs, options={})
    return subjects.tasks(queue), message.encode(), message.message_id


def decode_task(queue: str, payload: bytes) -> Message[Any]:
    """The Dramatiq message in a payload read from `queue`.

    Raises InvalidMessage unless it is complete and addressed to that queue: Dramatiq's threads die of less.
    """
    try:
        message = Message.decode(payload)
    except DecodeError as error:
        raise InvalidMessage("task", str(error.__cause__ or error)) from error
    if message.queue_name != queue:
        raise InvalidMessage("task", f"addressed to queue {message.queue_name!r}, found in {queue!r}")
    for name, kind in (("actor_name", str), ("message_id", str), ("kwargs", dict), ("options", dict)):
        if not isinstance(getattr(message, name), kind):
            raise InvalidMessage("task", f"{name} is not a {kind.__name__}")
    message.options.pop("eta", None)  # the server has done the waiting; Dramatiq would wait again, in memory
    return message


def message_id(message: Message[Any]) -> str:
    """`Nats-Msg-Id` of a message to be run at once: each of its retries is a message of its own."""
    retries = message.options.get("retries", 0)
    return f"{message.message_id}.{retries}" if retries else message.message_id


def scheduled(target: str, delay_ms: int) -> tuple[str, dict[str, str]]:
    """`(subject, headers)` that make the server publish a message to `target` (same stream) in `delay_ms`.

    One subject per schedule: a second one on the same subject would replace the first. The server purges it
    when it fires. It fires never early, and up to about 250 ms late.
    """
    at = datetime.now(UTC) + timedelta(milliseconds=delay_ms)
    headers = {
        "Nats-Schedule": f"@at {at.isoformat(timespec='milliseconds').replace('+00:00', 'Z')}",
        "Nats-Schedule-Target": target,
    }
    return f"tasks.schedules.{uuid.uuid4().hex}", headers
