"""The headers of replies in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from web.rates import is_limited

__all__ = ["described_headers", "headers_of"]

_MEANINGS = {
    "ETag": "The state of the quiz, for `If-Match` and `If-None-Match`.",
    "Location": "The path of what was made, or of what tells how it goes.",
    "Retry-After": "Seconds to wait before asking again.",
    "Vary": "What the reply depends on.",
    "X-Request-Id": "What the request is called in the logs of the site: name it when you ask for help.",
}
_LIMITED = {
    "RateLimit-Limit": "How many requests a minute the caller may send to this route of this node.",
    "RateLimit-Remaining": "How many of them are left.",
    "RateLimit-Reset": "Seconds until all of them are there again.",
}
_NAMES = {"etag": "ETag"}


def described_headers(model: type[msgspec.Struct]) -> dict[str, Any]:
    """Header objects, by name, of a struct whose fields are the headers that a reply always has."""
    names = [
        _NAMES.get(field.name, field.name.replace("_", "-").title())
        for field in msgspec.structs.fields(model)
    ]
    return {
        name: _header(_MEANINGS[name], "integer" if name == "Retry-After" else "string") for name in names
    }


def headers_of(view: Callable[..., Any], status: str) -> dict[str, Any]:
    """Header objects, by name, that follow from a route's limit and from a status."""
    found = {"X-Request-Id": _header(_MEANINGS["X-Request-Id"], "string")}
    if is_limited(view):
        found |= {name: _header(meaning, "integer") for name, meaning in _LIMITED.items()}
    if status in ("429", "503"):
        found["Retry-After"] = _header(_MEANINGS["Retry-After"], "integer")
    return found


def _header(description: str, kind: str) -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}
