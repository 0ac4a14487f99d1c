"""Errors of the bus.

BusError
├── InvalidSubject        an id that must not become part of a subject
├── InvalidMessage        bytes that do not decode to the message they should be
├── NoSuchQueue           nobody has read a queue of this name yet
├── NoSuchNode            no process of this name answers
├── NoSuchLetter          there is no dead letter of this number, or not any more
├── Refused               JetStream's API said no; carries its code
├── ServerUnsuitable      a server that is too old or set up wrongly; says what to do
├── PublishRefused        JetStream answered that it does not store this message
└── Unavailable           something needed is away; try again later, the message is not to blame
    └── PublishTimeout    no acknowledgement within the time allowed; the message may or may not be stored
"""

from __future__ import annotations

__all__ = [
    "BusError",
    "InvalidMessage",
    "InvalidSubject",
    "NoSuchLetter",
    "NoSuchNode",
    "NoSuchQueue",
    "PublishRefused",
    "PublishTimeout",
    "Refused",
    "ServerUnsuitable",
    "Unavailable",
]


class BusError(Exception):
    """Root of what this folder raises."""


class InvalidSubject(BusError, ValueError):
    """An id that holds more than letters, digits, `-` and `_` was about to become part of a subject."""

    def __init__(self, token: str) -> None:
        super().__init__(f"{token!r} cannot be part of a subject: use letters, digits, '-' and '_' only")
        self.token = token


class InvalidMessage(BusError, ValueError):
    """A payload did not decode. `reason` says where; the payload itself is never part of the text."""

    def __init__(self, expected: str, reason: str) -> None:
        super().__init__(f"not a {expected}: {reason}")
        self.expected = expected
        self.reason = reason


class NoSuchQueue(BusError):
    """There is nothing to pause: a queue's consumers are made by its first worker."""

    def __init__(self, queue: str) -> None:
        super().__init__(f"no worker has read a queue {queue} yet: start one, then try again")
        self.queue = queue


class NoSuchNode(BusError):
    """No process of this name answers; it may just have ended."""

    def __init__(self, node: str) -> None:
        super().__init__(f"no gateway {node} answers: `quizwire status` lists those that do")
        self.node = node


class NoSuchLetter(BusError):
    """There is no dead letter of this number: it was retried, discarded, or kept for longer than a week."""

    def __init__(self, number: int) -> None:
        super().__init__(f"there is no dead letter {number}: it was retried, discarded or is too old")
        self.number = number


class Refused(BusError):
    """JetStream's API does not do what it was asked; the text is the server's."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code  # `err_code` of the server


class ServerUnsuitable(BusError):
    """The server answers but cannot carry Quizwire; the text says what to change."""


class PublishRefused(BusError):
    """JetStream answered and does not store the message; the text is the server's. Repeating does not help."""


class Unavailable(BusError):
    """Something the work needs does not answer. An actor that raises this is run again later, without limit."""


class PublishTimeout(Unavailable, TimeoutError):
    """JetStream did not acknowledge in time. Publish again with the same message id: it is stored once."""
