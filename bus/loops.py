"""The event loop of our processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["new_loop"]


def _factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:  # an optional speed-up
        return asyncio.new_event_loop
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


new_loop = _factory()
"""A new event loop: uvloop's where it is installed."""
