"""What routes say about themselves in the OpenAPI document, beyond their bodies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from quart_schema import security_scheme

__all__ = ["logged_in", "maybe_logged_in"]

_F = TypeVar("_F", bound=Callable[..., Any])


def logged_in(route: _F) -> _F:
    """Needs a Bearer token. The check itself is `web.auth.caller`."""
    marked: _F = security_scheme([{"bearer": []}])(route)
    return marked


def maybe_logged_in(route: _F) -> _F:
    """Takes a Bearer token, or none."""
    marked: _F = security_scheme([{"bearer": []}, {}])(route)
    return marked
