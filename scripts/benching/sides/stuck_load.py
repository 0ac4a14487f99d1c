"""Readers among whom some do not read: `… stuck_load PORT CONNECTIONS STUCK FRAME_BYTES`."""

from __future__ import annotations

import asyncio
import math
import sys
import time

from scripts.benching.sides.lines import cpu_s, orders, run, say
from scripts.benching.sides.people import Peer, connect_all

AGAIN_S = 4.0
"""Whoever was closed for not reading comes back after about so long, and does not read again."""


class Arrivals:
    """When each frame came to each of those who read."""

    def __init__(self, frame_bytes: int) -> None:
        self.frame_bytes = frame_bytes
        self.at: list[list[float]] = []  # by frame

    def on_data(self, peer: Peer, data: bytes) -> None:
        """Some bytes of one connection."""
        now = time.monotonic()
        before = peer.received // self.frame_bytes
        peer.received += len(data)
        for number in range(before, min(peer.received // self.frame_bytes, len(self.at))):
            self.at[number].append(now)

    def complete(self, readers: int) -> bool:
        """Whether everybody who reads has everything."""
        return all(len(times) == readers for times in self.at)


async def stop_reading(port: int, count: int) -> list[Peer]:
    """So many connections more, of which nothing is read."""
    peers = await connect_all("ws", port, count, lambda peer, data: None)
    for peer in peers:
        peer.transport.pause_reading()
    return peers


async def main() -> None:
    port, connections, stuck, frame_bytes = map(int, sys.argv[1:5])
    arrivals = Arrivals(frame_bytes)
    readers = await connect_all("ws", port, connections - stuck, arrivals.on_data)
    silent = await stop_reading(port, stuck)
    say({"connected": connections})
    async for order in orders():
        for peer in readers:
            peer.received = 0
        arrivals.at = [[] for _ in range(order["frames"])]
        began, cpu_before = time.monotonic(), cpu_s()
        say({"ready": True})
        next_at = began + AGAIN_S
        while not arrivals.complete(connections - stuck):
            await asyncio.sleep(0.05)
            if time.monotonic() > next_at:
                silent += await stop_reading(port, stuck)
                next_at += AGAIN_S
        share = (cpu_s() - cpu_before) / (time.monotonic() - began)
        say({"cpu_share": share, "arrived_at": [sorted(times) for times in arrivals.at]})


def percentile(seconds: list[float], share: float) -> float:
    """Nearest rank."""
    ordered = sorted(seconds)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


if __name__ == "__main__":
    run(main())
