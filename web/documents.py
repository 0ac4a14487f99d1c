"""What routes say about themselves in the OpenAPI document, beyond their bodies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from quart_schema import security_scheme

from web.problem_codes import CODES

__all__ = ["REFUSALS_ATTRIBUTE", "logged_in", "maybe_logged_in", "refuses"]

REFUSALS_ATTRIBUTE = "_quizwire_refusals"

_F = TypeVar("_F", bound=Callable[..., Any])


def logged_in(route: _F) -> _F:
    """Needs a Bearer token. The check itself is `web.auth.caller`."""
    marked: _F = security_scheme([{"bearer": []}])(route)
    return marked


def maybe_logged_in(route: _F) -> _F:
    """Takes a Bearer token, or none."""
    marked: _F = security_scheme([{"bearer": []}, {}])(route)
    return marked


def refuses(*codes: str) -> Callable[[_F], _F]:
    """May answer with a problem of these codes. What follows from tokens, bodies and parameters goes without saying."""
    unknown = set(codes) - CODES.keys()
    if unknown:
        raise ValueError(f"not in web.problem_codes: {', '.join(sorted(unknown))}")

    def mark(route: _F) -> _F:
        setattr(route, REFUSALS_ATTRIBUTE, codes)
        return route

    return mark
