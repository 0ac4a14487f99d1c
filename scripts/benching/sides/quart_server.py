"""Serving a Quart app with the settings of our web process, until the benchmark closes the pipe."""

from __future__ import annotations

import asyncio
from typing import Any

from hypercorn.asyncio import serve
from quart import Quart

from bus.telemetry import logs
from scripts.benching.sides.lines import cpu_s, orders, say
from web.__main__ import collect_seldom, server_config
from web.config import Config

__all__ = ["report_cpu", "serving"]


async def serving(app: Quart, port: int, serve: Any = serve) -> asyncio.Task[None]:
    """Start it, with Hypercorn's `serve` or ours; says the port."""
    logs.configure("error")  # what production leaves out must cost nothing here either
    config = server_config(Config("s" * 32, "", port=port))
    task = asyncio.create_task(serve(app, config, shutdown_trigger=asyncio.Event().wait))
    await asyncio.sleep(0.3)
    collect_seldom()
    say({"port": port})
    return task


async def report_cpu() -> None:
    """Answer every order with the CPU seconds used so far."""
    async for _ in orders():
        say({"cpu_s": cpu_s()})
