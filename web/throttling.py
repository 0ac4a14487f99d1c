"""How often somebody may try: logins, registrations, refreshes. Counted in Redis, so for all nodes together.

Every limit opens again by itself; nothing is locked. Addresses and names are counted under a keyed hash.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from dataclasses import dataclass
from typing import NamedTuple

import redis

from db import throttle
from db.ids import new_id
from db.throttle import Window
from db.users import normal_email
from web.clients import client_network
from web.problems import Problem
from web.services import Services, services

__all__ = ["Attempt", "password_attempt", "refresh_attempt", "registration_attempt"]


class Limit(NamedTuple):
    """At most so many attempts within a window."""

    name: str
    allowed: int
    seconds: int


# Right passwords are given back, so these count wrong ones, and those under way: a school behind one address logs in
# at once. Two limits for an account: the tight one only from one place, so that a stranger cannot keep its owner out.
PASSWORD_PLACE = Limit("password-place", 300, 15 * 60)
PASSWORD_ACCOUNT_PLACE = Limit("password-account-place", 10, 15 * 60)
PASSWORD_ACCOUNT = Limit("password-account", 100, 15 * 60)

REGISTER_PLACE = Limit("register-place", 100, 60 * 60)
REFRESH_PLACE = Limit("refresh-place", 1200, 60)
REFRESH_LOGIN = Limit("refresh-login", 30, 60)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt that was let through."""

    services: Services
    windows: tuple[Window, ...]
    id: str

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is right; see `Passwords.verify`. Not counted when it could not be tried."""
        try:
            return await self.services.passwords.verify(password_hash, password)
        except Problem:
            await self.forgive()
            raise

    async def forgive(self) -> None:
        """Do not count it: it went well, or could not be made."""
        found = self.services
        await found.pool.run(throttle.give_back, found.redis, self.windows, self.id)


async def password_attempt(email: str) -> Attempt:
    """Somebody is about to try a password for `email`, whether there is such an account or not.

    Raises Problem 429 `rate_limited`.
    """
    place, account = client_network(), normal_email(email)
    return await _attempt(
        (PASSWORD_PLACE, place),
        (PASSWORD_ACCOUNT_PLACE, f"{place} {account}"),
        (PASSWORD_ACCOUNT, account),
    )


async def registration_attempt() -> Attempt:
    """Somebody registers. Raises Problem 429 `rate_limited`."""
    return await _attempt((REGISTER_PLACE, client_network()))


async def refresh_attempt(login_id: str | None) -> Attempt:
    """Somebody renews a login; None when the token names none. Raises Problem 429 `rate_limited`."""
    try:
        return await _attempt((REFRESH_PLACE, client_network()), (REFRESH_LOGIN, login_id or "none"))
    except redis.RedisError:
        # Nobody guesses 256 bits, but everybody who is logged in needs this.
        return Attempt(services(), (), "")


async def _attempt(*limits: tuple[Limit, str]) -> Attempt:
    found = services()
    windows = tuple(
        Window(f"{limit.name}:{_digest(found, subject)}", limit.allowed, limit.seconds)
        for limit, subject in limits
    )
    attempt = Attempt(found, windows, new_id())
    wait_ms = await found.pool.run(throttle.take, found.redis, windows, attempt.id)
    if wait_ms:
        raise too_many(wait_ms)
    return attempt


def too_many(wait_ms: int) -> Problem:
    """429, with the seconds to wait."""
    seconds = max(1, math.ceil(wait_ms / 1000))
    return Problem(
        429,
        "rate_limited",
        f"Too many attempts: try again in {seconds} s.",
        retryable=True,
        headers={"Retry-After": str(seconds)},
    )


def _digest(found: Services, subject: str) -> str:
    return hmac.digest(
        found.config.secret.encode(), f"throttle {subject}".encode(errors="replace"), hashlib.sha256
    ).hex()[:32]
