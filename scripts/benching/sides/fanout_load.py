"""Receives what a fan-out writes: `python -m scripts.benching.sides.fanout_load KIND PORT CONNECTIONS FRAME_BYTES`."""

from __future__ import annotations

import asyncio
import sys
import time

from scripts.benching.sides.lines import cpu_s, orders, run, say
from scripts.benching.sides.people import Peer, connect_all


class Count:
    """Frames that have come to everybody."""

    def __init__(self, connections: int, frame_bytes: int) -> None:
        self.connections = connections
        self.frame_bytes = frame_bytes
        self.expected = 0
        self.first_at = 0.0
        self.complete_at: list[float] = []  # when the last connection had frame k
        self._had: list[int] = []
        self.all_there = asyncio.Event()

    def begin(self, peers: list[Peer], frames: int) -> None:
        """Expect so many frames on every connection."""
        for peer in peers:
            peer.received = 0
        self.expected, self.first_at, self.complete_at = frames, 0.0, []
        self._had = [0] * frames
        self.all_there.clear()

    def on_data(self, peer: Peer, data: bytes) -> None:
        """Some bytes of one connection."""
        if not self.expected:
            return
        now = time.monotonic()
        if not self.first_at:
            self.first_at = now
        before = peer.received // self.frame_bytes
        peer.received += len(data)
        for number in range(before, min(peer.received // self.frame_bytes, self.expected)):
            self._had[number] += 1
            if self._had[number] == self.connections:
                self.complete_at.append(now)
                if len(self.complete_at) == self.expected:
                    self.all_there.set()


async def main() -> None:
    kind, port, connections, frame_bytes = sys.argv[1], *map(int, sys.argv[2:5])
    count = Count(connections, frame_bytes)
    peers = await connect_all(kind, port, connections, count.on_data)
    say({"connected": len(peers)})
    async for order in orders():
        count.begin(peers, order["frames"])
        say({"ready": True})
        cpu_before = cpu_s()
        await asyncio.wait_for(count.all_there.wait(), 120)
        seconds = count.complete_at[-1] - count.first_at
        say(
            {
                "seconds": seconds,
                "cpu_share": (cpu_s() - cpu_before) / seconds,
                "complete_at": count.complete_at,
            }
        )
        count.expected = 0


if __name__ == "__main__":
    run(main())
