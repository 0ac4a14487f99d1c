"""Errors of the gateway, and its close codes.

GatewayError
├── BadFrame      a frame that is not a message; answered with `error`, the connection goes on
└── Refused       a connection that must close; carries the close code
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["BadFrame", "Close", "GatewayError", "Refused"]


class Close(IntEnum):
    """Why a socket closes. After 1011–4429 the client reconnects; after the others it stops."""

    NORMAL = 1000
    INTERNAL_ERROR = 1011
    DRAIN = 4001
    SLOW = 4008
    HEARTBEAT = 4009
    RESYNC = 4010
    RATE = 4429
    UNSUPPORTED_DATA = 1003
    BAD_TICKET = 4501
    KICKED = 4503
    REPLACED = 4504
    ENDED = 4505
    VERSION = 4508


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

    def __init__(self, close: Close, code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.close = close
        self.code = code
        self.message = message
        self.retryable = retryable
