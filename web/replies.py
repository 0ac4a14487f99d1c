"""Replies: a struct becomes JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec
from quart import Response

__all__ = ["File", "MadeHeaders", "Nothing", "Svg", "WebP", "WorkedOnHeaders", "empty", "reply"]

_encoder = msgspec.json.Encoder()


class Nothing(msgspec.Struct, frozen=True):
    """Done; there is nothing to tell."""


class File(msgspec.Struct, frozen=True):
    """Documents a reply that is a file: it has a media type instead of fields."""

    media_type: ClassVar[str]


class MadeHeaders(msgspec.Struct, frozen=True):
    """Where the thing is that was made."""

    location: str


class WorkedOnHeaders(msgspec.Struct, frozen=True):
    """Where to see what has become of it, and after how many seconds to look."""

    location: str
    retry_after: int


class Svg(File, frozen=True):
    """A drawing."""

    media_type: ClassVar[str] = "image/svg+xml"


class WebP(File, frozen=True):
    """A picture."""

    media_type: ClassVar[str] = "image/webp"


def reply(body: msgspec.Struct, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`body` as a JSON document."""
    return Response(_encoder.encode(body), status, {"Content-Type": "application/json", **(headers or {})})


def empty() -> Response:
    """204, no content."""
    return Response(b"", 204)
