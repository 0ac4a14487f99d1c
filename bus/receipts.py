"""Answers for callers in any thread and on the loop, JetStream's PubAcks above all: one inbox, and no task for each."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg

__all__ = ["Answers", "Receipts"]


class Answers:
    """What JetStream has said to each message of a group; None: nothing yet."""

    def __init__(self, count: int) -> None:
        self.given: list[dict[str, Any] | None] = [None] * count
        self._left = count
        self._complete = threading.Lock()
        self._complete.acquire()

    def give(self, place: int, payload: bytes) -> None:
        """On the loop thread."""
        if self.given[place] is None:
            self.given[place] = _answer(payload)
            self._left -= 1
            if not self._left:
                self._complete.release()

    def wait(self, timeout_s: float) -> None:
        """Until all are there, or the time is over. Once."""
        self._complete.acquire(timeout=timeout_s)


class Receipts:
    """The inbox of one client."""

    def __init__(self) -> None:
        self._client: Client | None = None
        self._prefix = ""
        self._numbers = itertools.count()
        self._waiting: dict[str, Callable[[bytes], None]] = {}  # by the last token of the reply subject

    async def open(self, client: Client) -> None:
        """Subscribe, once connected."""
        self._client = client
        self._prefix = f"{client.new_inbox()}."
        await client.subscribe(f"{self._prefix}*", cb=self._received)

    def new_id(self) -> str:
        """A `Nats-Msg-Id` that no other message has. Any thread."""
        return f"{self._prefix}{next(self._numbers)}"

    async def ask(
        self, subject: str, payload: bytes, headers: Mapping[str, str], timeout_s: float
    ) -> dict[str, Any]:
        """Publish one message, and wait for what JetStream says to it, `error` included. On the loop thread.

        Raises TimeoutError, and nats.errors.Error or OSError for what cannot be published.
        """
        assert self._client is not None
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[dict[str, Any]] = loop.create_future()
        reply = self.listen(partial(_settle, answered))
        timer = loop.call_later(timeout_s, _give_up, answered)
        try:
            await self._client.publish(subject, payload, reply, dict(headers))
            return await answered
        finally:
            timer.cancel()
            self.forget([reply])

    def expect(self, count: int) -> tuple[Answers, list[str]]:
        """The answers to come, and a reply subject for each. To be forgotten again. Any thread."""
        answers = Answers(count)
        return answers, [self.listen(partial(answers.give, place)) for place in range(count)]

    def listen(self, heard: Callable[[bytes], None]) -> str:
        """A reply subject; `heard` gets the payload of all that comes to it, on the loop thread. To be forgotten again."""
        token = str(next(self._numbers))
        self._waiting[token] = heard
        return self._prefix + token

    def forget(self, replies: Sequence[str]) -> None:
        """Wait for these no more."""
        for reply in replies:
            self._waiting.pop(reply.removeprefix(self._prefix), None)

    async def _received(self, msg: Msg) -> None:
        heard = self._waiting.get(msg.subject.removeprefix(self._prefix))
        if heard is not None:
            heard(msg.data)


def _answer(payload: bytes) -> dict[str, Any]:
    """Without a payload it is the server's word that nobody listens there: JetStream is not up yet."""
    answer: dict[str, Any] = msgspec.json.decode(payload) if payload else {"error": {"code": 503}}
    return answer


def _settle(answered: asyncio.Future[dict[str, Any]], payload: bytes) -> None:
    if not answered.done():
        answered.set_result(_answer(payload))


def _give_up(answered: asyncio.Future[dict[str, Any]]) -> None:
    if not answered.done():
        answered.set_exception(TimeoutError())
