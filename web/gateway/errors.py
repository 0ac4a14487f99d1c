"""Errors of the gateway, and its close codes.

GatewayError
├── BadFrame      a frame that is not a message; answered with `error`, the connection goes on
└── Refused       a connection that must close; carries the close code
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["BadFrame", "Close", "GatewayError", "Refused"]


class Close(IntEnum):
    """Why a socket closes: the code, what it means, and whether the client connects again."""

    meaning: str
    reconnect: bool

    def __new__(cls, code: int, meaning: str, reconnect: bool) -> Close:
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning, member.reconnect = meaning, reconnect
        return member

    NORMAL = 1000, "left", False
    PROTOCOL_ERROR = 1002, "broken frame", False
    UNSUPPORTED_DATA = 1003, "binary frame", False
    INVALID_DATA = 1007, "not UTF-8", False
    TOO_LARGE = 1009, "message too large", False
    INTERNAL_ERROR = 1011, "internal error", True
    RESTART = 1012, "service restart", True
    DRAIN = 4001, "drain", True
    SLOW = 4008, "slow", True
    HEARTBEAT = 4009, "heartbeat", True
    RESYNC = 4010, "resync", True
    RATE = 4429, "rate", True
    BAD_TICKET = 4501, "bad ticket", False
    KICKED = 4503, "kicked or revoked", False
    REPLACED = 4504, "replaced by a newer connection", False
    ENDED = 4505, "session ended", False
    VERSION = 4508, "version", False


class GatewayError(Exception):
    """Root of what the gateway raises."""


class BadFrame(GatewayError):
    """A frame that cannot be understood: `code` is stable, `re` the message's id where it could be read."""

    def __init__(self, code: str, message: str, re: str | None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.re = re


class Refused(GatewayError):
    """The connection ends here: an `error` frame with `code` and `message`, then close with `close`."""

    def __init__(
        self, close: Close, code: str, message: str, *, retryable: bool = False, deaf: bool = False
    ) -> None:
        super().__init__(message)
        self.close = close
        self.code = code
        self.message = message
        self.retryable = retryable
        self.deaf = deaf  # nothing is read from the peer any more, not even its answer to the close
