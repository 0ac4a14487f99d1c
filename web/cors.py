"""Which pages of other origins may use the REST API from a browser: those of a list, and no others."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from quart import Quart
from quart_cors import cors

__all__ = ["allow_origins"]

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
ASKED = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match")
TOLD = (
    "ETag",
    "Location",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "WWW-Authenticate",
)
PREFLIGHT_GOOD_FOR = timedelta(hours=1)


def allow_origins(app: Quart, origins: Collection[str]) -> None:
    """Answer pages of `origins` (`https://quiz.example.org`) as CORS wants it; without any, nobody.

    No credentials: access tokens travel in a header that the page sets itself, and there are no cookies.
    """
    if origins:
        cors(
            app,
            allow_credentials=False,
            allow_headers=ASKED,
            allow_methods=METHODS,
            allow_origin=sorted(origins),
            expose_headers=TOLD,
            max_age=PREFLIGHT_GOOD_FOR,
            send_origin_wildcard=False,
        )
