"""Passwords: argon2id in threads of its own, so that logins stall neither the event loop nor the database pool."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from web.problems import Problem

__all__ = ["MAX_LENGTH", "MIN_LENGTH", "Passwords", "hash_here"]

MIN_LENGTH, MAX_LENGTH = 8, 256

THREADS = 2
NICE = 10
"""How far hashing stands back behind the event loop: a login may take a moment longer, an answer may not."""

MAX_WAITING = 256
"""More logins than this at once are refused: they would wait for longer than anybody does."""


class Passwords:
    """Hashes and verifies passwords.

    Parameters: argon2id, 19 MiB, 2 passes, 1 lane, the OWASP Password Storage Cheat Sheet's recommendation; one lane,
    because the threads are what is parallel here.
    """

    def __init__(self) -> None:
        self._hasher = _hasher()
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2", initializer=_stand_back)
        self._waiting = 0
        self._nobody = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        """A hash to store. Raises Problem `unavailable` when too many are waiting."""
        return await self._run(password, None) or ""

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is right. Takes as long for an account that does not exist (hash None)."""
        matches = await self._run(password, password_hash or self._nobody) is not None
        return matches and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """True for a hash made with other parameters: hash the password again."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        """End the threads."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _run(self, password: str, against: str | None) -> str | None:
        if self._waiting >= MAX_WAITING:
            raise Problem(
                503,
                "unavailable",
                "Too many people are logging in: try again in a moment.",
                retryable=True,
                headers={"Retry-After": "2"},
            )
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, self._hash_or_verify, password, against)
        finally:
            self._waiting -= 1

    def _hash_or_verify(self, password: str, against: str | None) -> str | None:
        """A hash; or `against` itself when it is the password's, else None."""
        if against is None:
            return self._hasher.hash(password)
        try:
            self._hasher.verify(against, password)
        except (VerificationError, InvalidHashError):
            return None
        return against


def hash_here(password: str) -> str:
    """A hash, made in the calling thread: for commands."""
    return _hasher().hash(password)


def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def _stand_back() -> None:
    """Lower the priority of this thread. Elsewhere than on Linux it would be that of the whole process."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
