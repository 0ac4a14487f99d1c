"""Dead letters: what a pool could not run, kept for a week. Look at them, send them back, or drop them.

`bus.burial` stores them, with the reason in their headers (`Dead-…`) beside those of the publisher.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import nats.errors
from dramatiq import DecodeError, Message
from nats.aio.client import Client
from nats.js.api import RawStreamMsg
from nats.js.errors import APIError, NotFoundError

from bus import subjects
from bus.asking import ask
from bus.deliveries import plain_headers
from bus.errors import NoSuchLetter, PublishRefused, Refused, Unavailable

__all__ = ["DeadLetter", "discard", "page", "retry", "show"]

PATIENCE_S = 5.0
PAGE_BYTES = 8 * 1024 * 1024
"""The server ends a page that gets larger; the next one goes on."""


class DeadLetter(msgspec.Struct, frozen=True):
    """One message that could not be run."""

    seq: int  # its number
    queue: str
    subject: str  # where it came from, and goes to when it is retried
    reason: str  # failed, undecodable, unknown_actor, killed_its_worker
    error: str  # what the actor raised, "" when nothing was raised
    actor: str
    deliveries: int
    died_at: datetime
    size_bytes: int
    headers: dict[str, str] = {}  # the publisher's own; only when one letter is looked at
    content: Any = None  # likewise: decoded where it can be, else {"base64": …}


async def page(
    nc: Client, queue: str | None = None, limit: int = 50, after: int = 0
) -> tuple[list[DeadLetter], int | None]:
    """Letters of one queue, or of all, from behind the number `after`, the oldest first; and where to go on, or None.

    Raises Unavailable, InvalidSubject.
    """
    pattern = "dead.*" if queue is None else subjects.dead(queue)
    body = {"seq": after + 1, "batch": limit, "max_bytes": PAGE_BYTES, "next_by_subj": pattern}
    letters: list[DeadLetter] = []
    left = 0
    inbox = nc.new_inbox()
    try:
        subscription = await nc.subscribe(inbox)
        try:
            subject = f"$JS.API.DIRECT.GET.{subjects.DEAD_LETTERS}"
            await nc.publish(subject, json.dumps(body).encode(), reply=inbox)
            while True:
                message = await subscription.next_msg(timeout=PATIENCE_S)
                headers = message.headers or {}
                if headers.get("Status"):  # 204 after the last, 404 when there is none
                    break
                died_at = datetime.fromisoformat(headers["Nats-Time-Stamp"])
                seq = int(headers["Nats-Sequence"])
                letters.append(_letter(seq, died_at, headers, len(message.data)))
                left = int(headers.get("Nats-Num-Pending", 0))
        finally:
            await subscription.unsubscribe()
    except (TimeoutError, nats.errors.Error, OSError) as error:
        raise Unavailable(f"the dead letters cannot be read: {str(error) or type(error).__name__}") from None
    return letters, letters[-1].seq if letters and left else None


async def show(nc: Client, seq: int) -> DeadLetter:
    """One letter with its headers and what it says. Raises NoSuchLetter, Unavailable."""
    found = await _get(nc, seq)
    headers, payload = found.headers or {}, found.data or b""
    letter = _letter(seq, _stored_at(found), headers, len(payload))
    return msgspec.structs.replace(letter, headers=_publishers(headers), content=_content(payload))


async def retry(nc: Client, seq: int) -> DeadLetter:
    """Publish a letter to where it came from, with all its attempts before it, then delete it.

    Whoever does it at the same time, or again after a failure in between, publishes nothing more. Raises
    NoSuchLetter, PublishRefused, Unavailable.
    """
    found = await _get(nc, seq)
    headers, payload = found.headers or {}, found.data or b""
    letter = _letter(seq, _stored_at(found), headers, len(payload))
    stream = headers.get("Dead-Stream", "")
    if not letter.subject or not stream:
        raise PublishRefused("this letter does not say where it came from: discard it")
    message_id = f"retry.{seq}.{letter.died_at.timestamp():.6f}"
    all_headers = {**_publishers(headers), "Nats-Msg-Id": message_id}
    try:
        await nc.jetstream(timeout=PATIENCE_S).publish(
            letter.subject, _afresh(payload), stream=stream, headers=all_headers
        )
    except APIError as error:
        raise PublishRefused(str(error.description)) from None
    except (TimeoutError, nats.errors.Error, OSError) as error:
        raise Unavailable(f"it could not be published: {str(error) or type(error).__name__}") from None
    await _delete(nc, seq)
    return letter


async def discard(nc: Client, seq: int) -> DeadLetter:
    """Delete a letter for good; returns what it was. Raises NoSuchLetter, Unavailable."""
    letter = await show(nc, seq)
    await _delete(nc, seq)
    return letter


async def _get(nc: Client, seq: int) -> RawStreamMsg:
    # Not a direct get: a replica that lags behind would find what was deleted.
    try:
        return await nc.jetstream(timeout=PATIENCE_S).get_msg(subjects.DEAD_LETTERS, seq)
    except NotFoundError:
        raise NoSuchLetter(seq) from None
    except (TimeoutError, nats.errors.Error, OSError) as error:
        raise Unavailable(f"the dead letters cannot be read: {str(error) or type(error).__name__}") from None


async def _delete(nc: Client, seq: int) -> None:
    try:
        await ask(nc, f"STREAM.MSG.DELETE.{subjects.DEAD_LETTERS}", {"seq": seq})
    except Refused:
        try:
            await _get(nc, seq)
        except NoSuchLetter:  # somebody else was faster
            return
        raise


def _stored_at(found: RawStreamMsg) -> datetime:
    return found.time or datetime.now(UTC)


def _letter(seq: int, died_at: datetime, headers: Mapping[str, str], size_bytes: int) -> DeadLetter:
    deliveries = headers.get("Dead-Deliveries", "")
    return DeadLetter(
        seq=seq,
        queue=headers.get("Dead-Queue", ""),
        subject=headers.get("Dead-Subject", ""),
        reason=headers.get("Dead-Reason", ""),
        error=headers.get("Dead-Error", ""),
        actor=headers.get("Dead-Actor", ""),
        deliveries=int(deliveries) if deliveries.isdigit() else 0,
        died_at=died_at,
        size_bytes=size_bytes,
    )


def _publishers(headers: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in plain_headers(headers).items() if not key.startswith("Dead-")}


def _afresh(payload: bytes) -> bytes:
    """A Dramatiq message without what its attempts have left in it; anything else as it is."""
    try:
        fields = Message.decode(payload).asdict()
    except (DecodeError, TypeError):
        return payload
    attempts = ("retries", "traceback", "requeue_timestamp")
    options = {key: value for key, value in fields["options"].items() if key not in attempts}
    return Message(**{**fields, "options": options}).encode()


def _content(payload: bytes) -> Any:
    """What people can read of a payload: JSON of a task, msgpack of answers."""
    for decode in (msgspec.json.decode, msgspec.msgpack.decode):
        try:
            found = decode(payload)
            if isinstance(found, dict | list):  # almost any byte is msgpack for something
                return msgspec.json.decode(msgspec.json.encode(found))
        except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError, ValueError):
            continue
    return {"base64": base64.b64encode(payload).decode()}
