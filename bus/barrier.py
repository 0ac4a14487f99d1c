"""Waits until what a queue held is done.

A work queue's stream keeps a message exactly until it is acknowledged or terminated, so the stream itself is asked.
A consumer's own figures lag behind a PubAck, and its ack floor says nothing about single subjects.

It is slow to forget, so its readers are asked as well what they are done with: decision 0071.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import count

import msgspec
from nats.errors import Error as NatsError

from bus.connection import Connection
from bus.streams import Durable

__all__ = ["drained"]

NO_MESSAGE = 10037  # JetStream's "no message found"; a stream that does not exist is another 404
FIRST_POLL_S = 0.001
LONGEST_POLL_S = 0.05
LATE = 0.15
"""Of the time that it took: by so much more the end is noticed too late, at most."""


async def drained(
    connection: Connection, durables: Sequence[Durable], timeout_s: float, hurry: str | None = None
) -> bool:
    """True once every message stored for `durables` before the call is acknowledged or terminated.

    On the subject `hurry` their readers are told to let no batch wait, as long as there is something left, and asked what they
    are done with: the server takes its time to remove a message from its disk. A consumer must come before that
    of its suspects: messages move that way only. Suspects must be gone altogether, since one that is handed back is stored anew.
    """
    deadline = time.monotonic() + timeout_s
    done: set[int] = set()  # sequences

    def heard(payload: bytes) -> None:
        if payload:  # else it is the server's word that no reader is there
            done.update(msgspec.json.decode(payload, type=list[int]))

    answers = connection.listen(heard)
    try:
        for durable in durables:
            if not await _gone(connection, durable, deadline, done, (hurry, answers)):
                return False
        return True
    finally:
        connection.forget(answers)


async def _gone(
    connection: Connection, durable: Durable, deadline: float, done: set[int], hurry: tuple[str | None, str]
) -> bool:
    """Wait until the subject has nothing left that it has now, but for what is `done`; with suspects, nothing at all."""
    last: int | None = None  # nothing newer is waited for
    if durable.suspects:
        oldest = await _first(connection, durable, 1, deadline)
    else:
        last, oldest = await asyncio.gather(
            _ask(connection, durable, {"last_by_subj": durable.subject}, deadline),
            _first(connection, durable, 1, deadline),
        )
    began_at = time.monotonic()
    while oldest != 0 and (oldest is None or last is None or oldest <= last):
        since = 1
        if oldest in done:
            since = next(number for number in count(oldest) if number not in done)
        else:
            now = time.monotonic()
            pause_s = min(max(FIRST_POLL_S, (now - began_at) * LATE), LONGEST_POLL_S)
            if now + pause_s >= deadline:
                return False
            subject, answers = hurry
            if subject is not None:  # each time anew: what is stored already may be on its way to them
                connection.post(subject, reply=answers)
            await asyncio.sleep(pause_s)
        oldest = await _first(connection, durable, since, deadline)
    return True


async def _first(connection: Connection, durable: Durable, since: int, deadline: float) -> int | None:
    """The first sequence from `since` that the subject still has; 0 without one, None when the server did not say."""
    return await _ask(connection, durable, {"seq": since, "next_by_subj": durable.subject}, deadline)


async def _ask(
    connection: Connection, durable: Durable, query: dict[str, object], deadline: float
) -> int | None:
    """Sequence of the message that `STREAM.MSG.GET` finds; 0 for none, None when there was no answer in time."""
    while True:
        try:
            answer = await connection.api(f"STREAM.MSG.GET.{durable.stream}", query, timeout_s=1.0)
        except (NatsError, OSError, TimeoutError):
            answer = {"error": {"code": 503}}  # the server is away, and so is whoever would acknowledge
        if "error" not in answer:
            return int(answer["message"]["seq"])
        if answer["error"].get("err_code") == NO_MESSAGE:
            return 0
        if time.monotonic() >= deadline:
            return None
        await asyncio.sleep(LONGEST_POLL_S)
