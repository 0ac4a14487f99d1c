"""`python -m scripts.storm.gateway FILE`: a web process that measures how late its event loop is.

FILE gets, when the process stops, a JSON list of `[Unix time in seconds, lateness in seconds]`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from quart import Quart

from web import __main__ as web_main
from web.app import create_app
from web.config import Config

EVERY_S = 0.005


async def _measure(samples: list[tuple[float, float]]) -> None:
    while True:
        due = time.monotonic() + EVERY_S  # uvloop's own clock has milliseconds only
        await asyncio.sleep(EVERY_S)
        samples.append((time.time(), max(0.0, time.monotonic() - due)))


def main() -> None:
    """Serve like `python -m web`, measuring."""
    path = Path(sys.argv[1])
    samples: list[tuple[float, float]] = []
    measuring: list[asyncio.Task[None]] = []

    def measured(config: Config) -> Quart:
        app = create_app(config)

        async def start() -> None:
            measuring.append(asyncio.get_running_loop().create_task(_measure(samples)))

        async def stop() -> None:
            measuring.pop().cancel()
            await asyncio.to_thread(path.write_text, json.dumps(samples))

        app.before_serving(start)
        app.after_serving(stop)
        return app

    web_main.create_app = measured  # type: ignore[attr-defined]
    web_main.main()


if __name__ == "__main__":
    main()
