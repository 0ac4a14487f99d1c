"""What goes wrong, or is done on purpose, while people play."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from time import monotonic
from typing import Protocol

import redis

__all__ = ["Flush", "Processes", "RollingRestart"]


class Processes(Protocol):
    """Whatever runs a Quizwire process by process."""

    def terminate(self, name: str) -> None:
        """SIGTERM, and wait until it has gone."""

    def restart(self, name: str) -> None:
        """Start it again."""

    def wait_ready(self) -> None:
        """Return once every gateway is ready."""


ROLL = (("web.1",), ("web.2",), ("scoring", "persistence"), ("control", "background"))


@dataclass(slots=True)
class RollingRestart:
    """A deploy: both gateways and every pool, one after the other, a step beside each of the first four questions."""

    processes: Processes
    delay_s: float = 0.5  # after a question opened: its answers are on their way
    took_s: dict[str, float] = field(default_factory=dict)  # by process: from SIGTERM to its end

    async def __call__(self, index: int) -> None:
        """Restart this step's processes."""
        for name in ROLL[index] if index < len(ROLL) else ():
            await asyncio.sleep(self.delay_s)
            began_at = monotonic()
            await asyncio.to_thread(self.processes.terminate, name)
            self.took_s[name] = monotonic() - began_at
            await asyncio.to_thread(self.processes.restart, name)
            await asyncio.to_thread(self.processes.wait_ready)


@dataclass(slots=True)
class Flush:
    """Redis loses everything at once, while a question is being answered."""

    redis_url: str
    question: int = 1  # … beside which it happens
    delay_s: float = 0.5
    at: float | None = None  # monotonic

    async def __call__(self, index: int) -> None:
        """FLUSHALL, once."""
        if index == self.question:
            await asyncio.sleep(self.delay_s)
            client = redis.Redis.from_url(self.redis_url)
            try:
                self.at = monotonic()
                await asyncio.to_thread(client.flushall)
            finally:
                client.close()
