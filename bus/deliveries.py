"""A message as a durable consumer handed it over, and what JetStream's reply subject says about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nats.aio.msg import Msg

if TYPE_CHECKING:
    from bus.pull import Pull

__all__ = ["ACK", "IN_PROGRESS", "NAK", "TERM", "Delivery", "Work", "plain_headers"]

ACK = b"+ACK"
NAK = b"-NAK"
TERM = b"+TERM"
IN_PROGRESS = b"+WPI"

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.-]{1,100}")  # stricter than the wire: nats-py refuses odd ones


@dataclass(eq=False, slots=True)
class Delivery:
    """One raw message in our hands. `deliveries` rises when a holder died, was stopped, or was silent too long."""

    pull: Pull
    subject: str
    payload: bytes
    headers: Mapping[str, str]
    reply: str  # where ACK, NAK, TERM and IN_PROGRESS go
    sequence: int  # in the stream
    deliveries: int  # 1 the first time
    stored_at_ns: int

    @classmethod
    def of(cls, msg: Msg, pull: Pull) -> Delivery:
        """Read `$JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<deliveries>.<sequence>.<n>.<time>.<pending>…`."""
        tokens = msg.reply.split(".")
        start = 4 if len(tokens) == 9 else 6
        return cls(
            pull,
            msg.subject,
            msg.data,
            msg.headers or {},
            msg.reply,
            sequence=int(tokens[start + 1]),
            deliveries=int(tokens[start]),
            stored_at_ns=int(tokens[start + 3]),
        )

    def key(self, what: str) -> str:
        """A message id for something that must happen once to this stored message."""
        return f"{what}.{self.pull.durable.stream}.{self.sequence}.{self.stored_at_ns}"


@dataclass(eq=False, slots=True)
class Work:
    """What one actor call is about: one delivery, or those of a batch."""

    deliveries: list[Delivery]
    attempts: int = 0  # calls that failed through the message's own fault
    waits: int = 0  # calls that failed because something else was away


def plain_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The publisher's own headers: NATS' instructions (`Nats-…`) must not take effect a second time."""
    return {
        key: value
        for key, value in headers.items()
        if _PLAIN_KEY.fullmatch(key) and not key.lower().startswith("nats-")
    }
