"""The four streams, created or brought up to date; and the durable consumers that read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nats.aio.client import Client
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import BadRequestError, NotFoundError

from bus import subjects

__all__ = ["Durable", "declared", "ensure", "ensure_durable", "purge"]

DUPLICATE_WINDOW_S = 600.0
EVENTS_AGE_S = 24 * 3600.0
DEAD_LETTERS_AGE_S = 7 * 24 * 3600.0


def declared(replicas: int = 1) -> list[StreamConfig]:
    """The streams as they should be. All on disk, duplicates known for 10 minutes.

    Work queues keep a message until it is acknowledged; EVENTS for 24 hours; DEAD_LETTERS for 7 days.
    """

    def stream(name: str, subject: str, *, age_s: float = 0.0, schedules: bool = False) -> StreamConfig:
        return StreamConfig(
            name=name,
            subjects=[subject],
            retention=RetentionPolicy.LIMITS if age_s else RetentionPolicy.WORK_QUEUE,
            storage=StorageType.FILE,
            max_age=age_s,
            duplicate_window=DUPLICATE_WINDOW_S,
            num_replicas=replicas,
            allow_direct=True,
            allow_msg_schedules=schedules or None,
        )

    return [
        stream(subjects.SUBMISSIONS, "submissions.>"),
        stream(subjects.TASKS, "tasks.>", schedules=True),
        stream(subjects.EVENTS, "events.>", age_s=EVENTS_AGE_S),
        stream(subjects.DEAD_LETTERS, "dead.>", age_s=DEAD_LETTERS_AGE_S),
    ]


async def ensure(nc: Client, replicas: int = 1, *, update: bool = True) -> None:
    """Create the streams that are missing; with `update`, bring the others up to date. Safe to repeat and to race."""
    js = nc.jetstream(timeout=10.0)
    for config in declared(replicas):
        assert config.name is not None
        try:
            await js.stream_info(config.name)
        except NotFoundError:
            try:
                await js.add_stream(config)
            except BadRequestError:  # created meanwhile by somebody with another configuration
                await js.stream_info(config.name)
        else:
            if update:
                await js.update_stream(config)


@dataclass(frozen=True, slots=True)
class Durable:
    """One durable pull consumer: who reads `subject` of `stream`."""

    stream: str
    subject: str
    name: str
    suspects: bool  # holds messages whose holders died: one in flight at a time, for all processes together

    @classmethod
    def pair(cls, queue: str, stream: str, subject: str) -> tuple[Durable, Durable]:
        """The consumer of a queue's subject, and that of its suspects."""
        name = f"{queue}-{subject.replace('.', '_')}"
        return (
            cls(stream, subject, name, suspects=False),
            cls(stream, f"{subject}.suspects", f"{name}-suspects", suspects=True),
        )


async def ensure_durable(nc: Client, durable: Durable, *, ack_wait_s: float, max_ack_pending: int) -> None:
    """Create the consumer, or bring it up to date. `max_deliver` is unlimited: the broker dead-letters itself."""
    await nc.jetstream(timeout=10.0).add_consumer(
        durable.stream,
        ConsumerConfig(
            durable_name=durable.name,
            filter_subject=durable.subject,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ack_wait_s,
            max_deliver=-1,
            max_ack_pending=1 if durable.suspects else max_ack_pending,
        ),
    )


async def purge(nc: Client, stream: str, queue_subjects: Iterable[str]) -> None:
    """Drop what waits on the subjects and below them (suspects). What is scheduled for later stays."""
    js = nc.jetstream(timeout=10.0)
    for subject in queue_subjects:
        for pattern in (subject, f"{subject}.>"):  # a filter covers either the name or what is below it
            await js.purge_stream(stream, subject=pattern)
