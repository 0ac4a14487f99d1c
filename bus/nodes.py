"""Who is there: every process answers a question that goes to all. There is no register to go stale."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable
from logging import getLogger
from typing import Any, Literal

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from bus import subjects
from bus.errors import InvalidMessage, NoSuchNode, Unavailable
from bus.messages import decode, encode
from bus.release import release

__all__ = ["Node", "Process", "answer", "ask_to_drain", "gather"]

_log = getLogger(__name__)

PATIENCE_S = 1.0
"""How long answers are waited for: nobody knows how many there will be."""


Kind = Literal["web", "worker"]


class Node(msgspec.Struct, frozen=True):
    """One process, as it describes itself."""

    id: str
    kind: Kind
    host: str
    pid: int
    version: str  # of the package
    started_at_ms: int
    queues: tuple[str, ...] = ()  # a worker's
    threads: int = 0  # a worker's
    counts: dict[str, dict[str, int]] = {}  # a worker's since its start, by queue: see JetStreamBroker.stats
    draining: bool = False  # a gateway's
    sessions: int = 0  # a gateway's: rooms that are loaded
    connections: dict[str, int] = {}  # a gateway's, by role


class Process(msgspec.Struct, frozen=True):
    """What stays the same of a process."""

    id: str
    host: str
    pid: int
    version: str
    started_at_ms: int

    @classmethod
    def this(cls, node_id: str | None = None) -> Process:
        """The calling process; a worker has no id of its own, so host and process make one."""
        host, pid = socket.gethostname(), os.getpid()
        return cls(node_id or f"{host}-{pid}", host, pid, release(), time.time_ns() // 1_000_000)

    def node(self, kind: Kind, **now: Any) -> Node:
        """The process as it is now: `now` are fields of Node."""
        return Node(kind=kind, **msgspec.structs.asdict(self), **now)


async def answer(nc: Client, describe: Callable[[], Node]) -> None:
    """Answer from now on, for as long as the connection is not closed."""

    async def on_question(message: Msg) -> None:
        if message.reply:
            try:
                await nc.publish(message.reply, encode(describe()))
            except (nats.errors.Error, OSError) as error:
                _log.warning("who we are could not be told: %s", str(error) or type(error).__name__)

    await nc.subscribe(subjects.nodes(), cb=on_question)


async def gather(nc: Client, patience_s: float = PATIENCE_S) -> list[Node]:
    """Every process that answers within `patience_s`: gateways first, then workers by queue. Raises Unavailable."""
    found: list[Node] = []

    async def on_answer(message: Msg) -> None:
        try:
            found.append(decode(message.data, Node))
        except InvalidMessage as error:  # of a version yet to come
            _log.warning("a process describes itself in words that are not known here: %s", error)

    inbox = nc.new_inbox()
    try:
        subscription = await nc.subscribe(inbox, cb=on_answer)
        await nc.publish(subjects.nodes(), reply=inbox)
        await nc.flush()
        await asyncio.sleep(patience_s)
        await subscription.unsubscribe()
    except (TimeoutError, nats.errors.Error, OSError) as error:
        raise Unavailable(f"NATS does not answer: {str(error) or type(error).__name__}") from None
    return sorted(found, key=lambda node: (node.kind != "web", node.queues, node.host, node.id))


async def ask_to_drain(nc: Client, node_id: str) -> Node:
    """Have a gateway send its participants elsewhere and end; returns what it was. Raises NoSuchNode, Unavailable."""
    try:
        reply = await nc.request(subjects.drain(node_id), timeout=PATIENCE_S)
    except nats.errors.NoRespondersError:
        raise NoSuchNode(node_id) from None
    except (TimeoutError, nats.errors.Error, OSError) as error:
        raise Unavailable(f"{node_id} does not answer: {str(error) or type(error).__name__}") from None
    return decode(reply.data, Node)
