"""What a leaderboard update costs a room, by how many participants have not changed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from scripts.benching.bench import Bench, Contestant, compete
from scripts.benching.child import SERVER_CORE, Child, python

__all__ = ["board"]

ROOMS = (100, 500, 2000)


def board(bench: Bench, *, quick: bool, rounds: int) -> None:
    """CPU of a board frame with one changed entry, besides the write to each socket (which is `fanout`'s)."""
    frames = 5_000 if quick else 50_000
    names = {people: f"a room of {people:,}" for people in ROOMS}
    compete(
        bench, [Contestant(name, partial(_run, people, frames)) for people, name in names.items()], rounds
    )
    ratio = bench.ratio(names[2000], names[100], "cpu_us_per_frame")
    bench.judge("a room of 2,000, of one of 100", ratio)


def _run(people: int, frames: int) -> Mapping[str, float]:
    with Child(python("scripts.benching.sides.board_side", str(people), str(frames)), SERVER_CORE) as side:
        measured: Mapping[str, float] = side.ready
    return measured
