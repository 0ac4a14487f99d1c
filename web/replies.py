"""Replies: a struct becomes JSON."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from quart import Response

__all__ = ["Nothing", "empty", "reply"]

_encoder = msgspec.json.Encoder()


class Nothing(msgspec.Struct, frozen=True):
    """Done; there is nothing to tell."""


def reply(body: msgspec.Struct, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`body` as a JSON document."""
    return Response(_encoder.encode(body), status, {"Content-Type": "application/json", **(headers or {})})


def empty() -> Response:
    """204, no content."""
    return Response(b"", 204)
