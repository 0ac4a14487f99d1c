"""Board frames in which one entry has changed: `python -m scripts.benching.sides.board_side PARTICIPANTS FRAMES`.

A real room with a board of so many, and one socket that takes all: what is left is what a frame costs besides the writes.
"""

from __future__ import annotations

import sys
from typing import Any
from uuid import uuid4

from bus.leaderboard import Leaderboard
from bus.messages import BoardDelta, BoardEntry, Quiz, SessionState
from scripts.benching.sides.lines import cpu_s, run, say
from web.gateway.connection import Connection
from web.gateway.meter import Meter
from web.gateway.room import Room

EPOCH = "e" * 16


class Counting:
    """A sink that only counts."""

    waiting = 0

    def __init__(self) -> None:
        self.bytes = self.frames = 0

    def watch(self, tell: Any) -> None:
        """There is no other way than `write`."""

    def write(self, data: bytes) -> bool:
        """Taken."""
        self.bytes += len(data)
        self.frames += 1
        return True

    def abort(self) -> None:
        """Nothing to drop."""


async def main() -> None:
    people, frames = map(int, sys.argv[1:3])
    ids = [str(uuid4()) for _ in range(people)]
    rows = [(one, f"Participant {number}", number % 50, 0) for number, one in enumerate(ids)]
    session = str(uuid4())
    state = SessionState(session, "h", "self", "open")
    room = Room(Quiz("q", "Bench", ()), state, Leaderboard.load(EPOCH, 1, rows))
    sink: Any = Counting()
    nobody: Any = None
    room.join(Connection(sink, nobody, "screen", session, None, Meter(1e9, 1e9)))
    before = cpu_s()
    for number in range(frames):
        entry = BoardEntry(ids[number % people], 1000 + number, number)
        room.apply(BoardDelta(session, EPOCH, number + 2, (entry,)))
        room.boards.send_changes()
    used = cpu_s() - before
    if sink.frames != frames:
        raise RuntimeError(f"{sink.frames} frames were written, not {frames}")
    say({"cpu_us_per_frame": used / frames * 1e6, "bytes_per_frame": sink.bytes / frames})


if __name__ == "__main__":
    run(main())
