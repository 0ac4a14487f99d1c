"""Lua scripts of `db/lua`, run by their hash; sent in full only when the server does not know them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from hashlib import sha1
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError

from db.metrics import SCRIPT_SECONDS
from db.wire import exchange

__all__ = ["ENTER", "HERE", "LEAVE", "RECORD", "RENAME", "SWAP", "THROTTLE", "Script"]

Call = tuple[Sequence[str], Sequence[Any]]
"""KEYS and ARGV of one call."""


class Script:
    """One script. It may be run more than once for one call (a connection was lost), so it must be idempotent."""

    def __init__(self, name: str) -> None:
        self.text = (Path(__file__).parent / "lua" / f"{name}.lua").read_text()
        self.sha = sha1(self.text.encode(), usedforsecurity=False).hexdigest()
        self._seconds = SCRIPT_SECONDS.labels(name)

    def __call__(self, redis: Redis, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Run it once and return its reply."""
        started_at = time.perf_counter()
        try:
            return redis.evalsha(self.sha, len(keys), *keys, *arguments)
        except NoScriptError:
            return redis.eval(self.text, len(keys), *keys, *arguments)
        finally:
            self._seconds.observe(time.perf_counter() - started_at)

    def run_all(self, redis: Redis, calls: Iterable[Call]) -> list[Any]:
        """Run it for each call in one round trip (two when the server lost the script); replies in order.

        Raises the first error after all calls have run.
        """
        commands = [("EVALSHA", self.sha, len(keys), *keys, *arguments) for keys, arguments in calls]
        replies = self._exchange(redis, commands)
        if any(isinstance(reply, NoScriptError) for reply in replies):
            redis.script_load(self.text)
            # All of them: those that have run do not mind.
            replies = self._exchange(redis, commands)
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return replies

    def _exchange(self, redis: Redis, commands: Sequence[Sequence[Any]]) -> list[Any]:
        started_at = time.perf_counter()
        try:
            return exchange(redis, commands)
        finally:
            self._seconds.observe(time.perf_counter() - started_at)


ENTER = Script("enter")
HERE = Script("here")
LEAVE = Script("leave")
RECORD = Script("record")
RENAME = Script("rename")
SWAP = Script("swap")
THROTTLE = Script("throttle")
