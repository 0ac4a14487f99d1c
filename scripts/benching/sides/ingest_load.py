"""Answers in rounds, everybody one: `python -m scripts.benching.sides.ingest_load KIND PORT CONNECTIONS`."""

from __future__ import annotations

import asyncio
import sys
import time

from scripts.benching.sides.lines import cpu_s, orders, run, say
from scripts.benching.sides.people import Peer, connect_all, masked


class Round:
    """One question: everybody answers it, then waits for everybody's acknowledgement."""

    def __init__(self) -> None:
        self.missing = 0
        self.done = asyncio.Event()

    def on_data(self, peer: Peer, data: bytes) -> None:
        """An acknowledgement, or several in one read."""
        self.missing -= data.count(b"accepted")
        if self.missing <= 0:
            self.done.set()


def answer(kind: str, number: int) -> bytes:
    """The answer to question `number`."""
    body = f'{{"type":"answer","id":"a{number}","question_id":"q{number}","option":"B"}}'
    return masked((f'42{number}["answer",{body}]' if kind == "socketio" else body).encode())


async def main() -> None:
    kind, port, connections = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    current = Round()
    peers = await connect_all(kind, port, connections, current.on_data)
    say({"connected": len(peers)})
    async for order in orders():
        cpu_before, began_at = cpu_s(), time.monotonic()
        for number in range(order["questions"]):
            current.missing = connections
            current.done.clear()
            frame = answer(kind, number)
            for peer in peers:
                peer.transport.write(frame)
            await asyncio.wait_for(current.done.wait(), 60)
        seconds = time.monotonic() - began_at
        say({"seconds": seconds, "cpu_share": (cpu_s() - cpu_before) / seconds})


if __name__ == "__main__":
    run(main())
