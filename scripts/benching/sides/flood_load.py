"""Neighbours and a flood: `python -m scripts.benching.sides.flood_load`, told what to do in lines of JSON.

`{"do": "sit", "port": p, "tokens": […]}`: a connection for each. `{"do": "measure", "kind": "quiet", "messages", "pings" or
"fragments", "port": p, "token": t, "seconds": s, "per_s": n}`: round trips of the neighbours meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from typing import Any

from scripts.benching.sides.frames import Frames
from scripts.benching.sides.lines import orders, run, say
from scripts.benching.sides.people import Peer, connect_all, masked

TURNS_PER_S = 100
PINGS_PER_S = 10
PING, PONG, CLOSE = 0x9, 0xA, 0x8
MASK = b"\0\0\0\0"
FRAME = {
    "messages": masked(b'{"type":"pong"}'),
    "pings": b"\x89\x80" + MASK,
    "fragments": b"\x00\x80" + MASK,
}
OPENING = {"fragments": b"\x01\x80" + MASK}


class Neighbour:
    """One connection that pings and is answered."""

    def __init__(self) -> None:
        self.frames = Frames()
        self.took_s: list[float] = []
        self.closed = False

    def hear(self, peer: Peer, data: bytes) -> None:
        """Note the answers to pings; answer the heartbeat."""
        for opcode, payload in self.frames.feed(data):
            if opcode == PONG:
                self.took_s.append(time.monotonic() - float(payload))
            elif opcode == CLOSE:
                self.closed = True
            elif payload.startswith(b'{"type":"ping"'):
                peer.transport.write(masked(b'{"type":"pong"}'))

    @staticmethod
    def ping(peer: Peer) -> None:
        """The payload is when."""
        payload = str(time.monotonic()).encode()
        peer.transport.write(bytes((0x80 | PING, 0x80 | len(payload))) + MASK + payload)


class Load:
    """Everybody."""

    def __init__(self) -> None:
        self.seats: list[tuple[Peer, Neighbour]] = []

    async def sit(self, port: int, tokens: list[str]) -> None:
        """Everybody says hello."""
        for token in tokens:
            neighbour = Neighbour()
            (peer,) = await connect_all("ws", port, 1, neighbour.hear)
            peer.transport.write(_hello(token))
            self.seats.append((peer, neighbour))
        await asyncio.sleep(1.0)

    async def measure(self, order: dict[str, Any]) -> dict[str, Any]:
        """Round trips, while somebody floods or nobody does."""
        for _, neighbour in self.seats:
            neighbour.took_s.clear()
        hostile = Hostile(order["port"], order["token"])
        flooding = (
            None
            if order["kind"] == "quiet"
            else asyncio.create_task(hostile.flood(order["kind"], order["per_s"]))
        )
        ends_at = time.monotonic() + order["seconds"]
        while time.monotonic() < ends_at:
            for number, (peer, _) in enumerate(self.seats):
                Neighbour.ping(peer)
                if number % PINGS_PER_S == 0:  # spread over the turn
                    await asyncio.sleep(1 / len(self.seats))
        if flooding is not None:
            flooding.cancel()
        await asyncio.sleep(0.5)
        took_s = sorted(one for _, neighbour in self.seats for one in neighbour.took_s)
        return {
            "p50_ms": took_s[len(took_s) // 2] * 1000,
            "p99_ms": took_s[int(len(took_s) * 0.99)] * 1000,
            "max_ms": took_s[-1] * 1000,
            "flood_bytes": hostile.bytes,
            "flood_closed": hostile.closed,
            "neighbours_closed": sum(neighbour.closed for _, neighbour in self.seats),
        }


class Hostile:
    """Whoever floods: it does not read, and comes back when it is thrown out."""

    def __init__(self, port: int, token: str) -> None:
        self.bytes = 0
        self.closed = 0
        self._port = port
        self._token = token

    async def flood(self, kind: str, per_s: int) -> None:
        """Until cancelled."""
        chunk = FRAME[kind] * (per_s // TURNS_PER_S)
        while True:
            (peer,) = await connect_all("ws", self._port, 1, partial(_ignore))
            peer.transport.write(_hello(self._token))
            await asyncio.sleep(0.05)
            peer.transport.write(OPENING.get(kind, b""))
            while not peer.transport.is_closing():
                if peer.transport.get_write_buffer_size() < 1_000_000:
                    peer.transport.write(chunk)
                    self.bytes += len(chunk)
                await asyncio.sleep(1 / TURNS_PER_S)
            self.closed += 1


def _ignore(peer: Peer, data: bytes) -> None:
    """Whatever the server says."""


def _hello(token: str) -> bytes:
    return masked(json.dumps({"type": "hello", "resume_token": token}).encode())


async def main() -> None:
    load = Load()
    say({"ready": True})
    async for order in orders():
        if order["do"] == "sit":
            await load.sit(order["port"], order["tokens"])
            say({"sitting": len(load.seats)})
        else:
            say(await load.measure(order))


if __name__ == "__main__":
    run(main())
