"""Files take turns: reading and writing large ones costs CPU, memory and a connection that live sessions need too."""

from __future__ import annotations

import asyncio

from quart import current_app

__all__ = ["turn"]

AT_ONCE = 2


def turn() -> asyncio.Semaphore:
    """`async with turn():` around the work on a file; at most two per process, the others wait."""
    found: asyncio.Semaphore = current_app.extensions.setdefault(
        "quizwire.file_turns", asyncio.Semaphore(AT_ONCE)
    )
    return found
