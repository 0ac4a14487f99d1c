"""`python -m scripts.storm.people URL PASSWORD ADDRESS…`: everybody logs in at once, for each line on stdin.

Prints one JSON line for each: `{"statuses": {"200": n, …}, "took_s": [seconds of each login that worked]}`. A process
of its own, so that its work does not delay the clock of the simulation.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter

import httpx


async def _storm(client: httpx.AsyncClient, password: str, addresses: list[str]) -> dict[str, object]:
    statuses: Counter[int] = Counter()
    took_s: list[float] = []

    async def log_in(address: str) -> None:
        began = time.monotonic()
        reply = await client.post("/users/login", json={"email": address, "password": password})
        statuses[reply.status_code] += 1
        if reply.status_code == 200:
            took_s.append(time.monotonic() - began)

    await asyncio.gather(*(log_in(address) for address in addresses))
    return {"statuses": statuses, "took_s": took_s}


async def _main() -> None:
    url, password, *addresses = sys.argv[1:]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=120, limits=limits) as client:
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(await _storm(client, password, addresses)), flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
