"""How often one caller may use a route of this node: a guard against floods and runaway scripts.

Counted per node and route, by login or else by address, generously: a hall of five hundred behind one address is a
caller like any other. What protects passwords and join codes is counted elsewhere, for all nodes together.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from quart import Quart, g, request
from quart_rate_limiter import (
    QUART_RATE_LIMITER_EXEMPT_ATTRIBUTE,
    QUART_RATE_LIMITER_LIMITS_ATTRIBUTE,
    RateLimiter,
    rate_exempt,
    rate_limit,
)
from quart_rate_limiter.store import RateLimiterStoreABC

from web import signing
from web.clients import client_network
from web.services import services
from web.tokens import read_access_token

__all__ = [
    "ACCOUNTS",
    "ASSETS",
    "COSTLY",
    "PUBLIC",
    "READS",
    "WRITES",
    "Store",
    "is_limited",
    "is_unlimited",
    "limit_routes",
    "limited",
    "unlimited",
]

_F = TypeVar("_F", bound=Callable[..., Any])

PUBLIC = 12_000
"""Requests a minute for what a whole hall asks for at once: joining, pictures, the leaderboard."""

ASSETS = 120_000
"""… for the files of the pages, of which each page has dozens."""

ACCOUNTS = 3_000
"""… for registering, logging in, and renewing a login."""

READS = 3_000
"""… for looking at what is one's own."""

WRITES = 1_200
"""… for changing it, and for running a session."""

COSTLY = 120
"""… for files that are taken apart or put together."""

PERIOD = timedelta(minutes=1)
REMEMBERED = 100_000
"""Callers and routes that one node keeps count of; the one that was quiet the longest is forgotten first."""


def limited(per_minute: int) -> Callable[[_F], _F]:
    """Put directly below the route: so many requests a minute, all of them at once if need be."""
    return rate_limit(per_minute, PERIOD)


def unlimited(route: _F) -> _F:
    """Put directly below the route: for probes, whose callers must never be turned away."""
    exempt: _F = rate_exempt(route)
    return exempt


def is_limited(route: Callable[..., Any]) -> bool:
    """Whether the route has a limit."""
    return bool(getattr(route, QUART_RATE_LIMITER_LIMITS_ATTRIBUTE, ()))


def is_unlimited(route: Callable[..., Any]) -> bool:
    """Whether the route has none on purpose."""
    return bool(getattr(route, QUART_RATE_LIMITER_EXEMPT_ATTRIBUTE, False))


class Store(RateLimiterStoreABC):
    """By caller and route, when the requests so far will have been worked off (GCRA); bounded."""

    def __init__(self, size: int = REMEMBERED) -> None:
        self._size = size
        self._until: OrderedDict[str, datetime] = OrderedDict()

    def __len__(self) -> int:
        return len(self._until)

    async def before_serving(self) -> None:
        """Nothing to open."""

    async def after_serving(self) -> None:
        """Nothing to close."""

    async def get(self, key: str, default: datetime) -> datetime:
        """When the requests of `key` will have been worked off, or `default`."""
        return self._until.get(key, default)

    async def set(self, key: str, tat: datetime) -> None:
        """Note it, and forget who has nothing left to work off, the longest quiet first."""
        self._until[key] = tat
        self._until.move_to_end(key)
        now = datetime.now(UTC)
        oldest, until = next(iter(self._until.items()))
        # Two at a time: whoever came first is done first, more or less, and the store shrinks after a rush.
        for _ in range(2):
            if oldest == key or (until > now and len(self._until) <= self._size):
                break
            del self._until[oldest]
            oldest, until = next(iter(self._until.items()))


def limit_routes(app: Quart, *, enabled: bool) -> None:
    """Hold every route to its limit, if `enabled`."""
    RateLimiter(app, key_function=_caller, store=Store(), enabled=enabled)


async def _caller() -> str:
    """Who is counted: the login that a good access token names, else the address. Worked out once per request."""
    if "limits_caller" not in g:
        g.limits_caller = _login() or client_network()
    caller: str = g.limits_caller
    return caller


def _login() -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        return read_access_token(services().config.accepted_secrets, token.strip()).login_id
    except (signing.TokenExpired, signing.TokenInvalid):
        return None
