"""What a worker thread is given: a Dramatiq message, and the raw ones that it stands for."""

from __future__ import annotations

from typing import Any

from dramatiq import Message, MessageProxy

from bus.deliveries import Work

__all__ = ["Held"]


class Held(MessageProxy):
    """A Dramatiq message and the deliveries it stands for."""

    def __init__(self, message: Message[Any], work: Work, batch: bool) -> None:
        super().__init__(message)
        self.work = work
        self.batch = batch
        self.retried = False  # a copy of it is stored for later
        self.postponed = False  # its retry could not be stored: run this one again

    @classmethod
    def together(cls, queue: str, actor: str, work: Work) -> Held:
        """One call with the payloads of all."""
        payloads = [delivery.payload for delivery in work.deliveries]
        # Dramatiq logs expected errors without a traceback: the consumer tells the story instead.
        options = {"throws": (Exception,)}
        number = str(work.deliveries[0].sequence)
        message: Message[Any] = Message(queue, actor, (payloads,), {}, options, message_id=number)
        return cls(message, work, batch=True)

    @property
    def error(self) -> BaseException | None:
        """What the actor raised, until the message is settled."""
        return self._exception

    def __str__(self) -> str:
        what = f"{len(self.work.deliveries)} payloads" if self.batch else self.message_id
        return f"{self.actor_name}({what})"  # never what it is called with: that is somebody's
