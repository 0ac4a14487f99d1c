"""Actors for the `dramatiq` command in tests: `dramatiq actors:broker --path tests/bus`."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Any

import dramatiq
from dramatiq.middleware import Retries

from bus.broker import JetStreamBroker
from bus.connection import Connection

broker = JetStreamBroker(
    Connection(os.environ["TEST_NATS_URL"], name="test-worker"),
    middleware=[Retries(max_retries=3, min_backoff=100, max_backoff=2000)],
    ack_wait_s=float(os.environ["TEST_ACK_WAIT_S"]),
)
broker.declare_batch_queue("batches", stream="SUBMISSIONS", subject="submissions.0", batch_size=16)


def note(*words: Any) -> None:
    """One line in the journal; a single write to a file opened for appending does not mix with others."""
    with open(os.environ["TEST_JOURNAL"], "ab", buffering=0) as journal:
        journal.write(json.dumps([os.getpid(), *words]).encode() + b"\n")


@dramatiq.actor(broker=broker, queue_name="left")
def mark(text: str, seconds: float = 0.0) -> None:
    """Note that it ran, before and after some time."""
    note("start", text)
    time.sleep(seconds)
    note("end", text)


@dramatiq.actor(broker=broker, queue_name="right")
def mark_right(text: str) -> None:
    """The same for another pool."""
    note("end", text)


@dramatiq.actor(broker=broker, queue_name="left")
def die(text: str) -> None:
    """Take the worker process along."""
    note("die", text)
    os.kill(os.getpid(), signal.SIGKILL)


def take(payloads: list[bytes]) -> None:
    """Note each payload; `die` takes the process along, `bad` fails."""
    note("batch", len(payloads))
    if b"die" in payloads:
        os.kill(os.getpid(), signal.SIGKILL)
    if b"bad" in payloads:
        raise ValueError("bad item")
    for payload in payloads:
        note("item", payload.decode())


broker.batch_actor(take, queue_name="batches", actor_name="take")
