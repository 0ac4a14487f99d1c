"""Where a queue's messages are, and how they are read."""

from __future__ import annotations

from dataclasses import dataclass

from bus.pacing import Distance
from bus.streams import Durable

__all__ = ["Queue", "Terms"]


@dataclass(frozen=True, slots=True)
class Queue:
    """A declared queue."""

    stream: str
    subjects: tuple[str, ...]
    batch_size: int | None = None
    max_batches: int | None = None  # None: as many as the worker has threads
    pace_s: Distance = 0.0

    def durables(self, name: str) -> list[Durable]:
        """For each subject its consumer, then that of its suspects."""
        return [durable for subject in self.subjects for durable in Durable.pair(name, self.stream, subject)]


@dataclass(frozen=True, slots=True)
class Terms:
    """How a queue is read; the broker's settings."""

    max_deliveries: int  # attempts until a message is dead
    ack_wait_s: float
    max_ack_pending: int
    transient: tuple[type[BaseException], ...]  # errors that are never a message's fault
    batch_size: int | None = None
    max_batches: int = 1  # handed out and not finished
    pace_s: Distance = 0.0  # how far apart it is read
    actor: str = ""  # of a batch queue
