"""The leaderboard as it is put together from frames: a value, and the one rule by which it moves on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from client.messages import Leaderboard

__all__ = ["Board", "Boards", "Row", "Standing"]


class Row(NamedTuple):
    """What the board says of one participant."""

    nickname: str
    score: int
    time_ms: int  # that the right answers took


class Standing(NamedTuple):
    """One participant's place. Equal scores share a rank: 1-2-2-4."""

    rank: int
    participant_id: str
    row: Row


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Board:
    """A leaderboard at one moment. Never changes."""

    epoch: str
    version: int
    rows: Mapping[str, Row]  # by participant id

    @classmethod
    def full(cls, frame: Leaderboard) -> Board:
        """The board that a full frame holds."""
        return cls(frame.epoch, frame.version, {entry[0]: Row(*entry[1:]) for entry in frame.entries})

    def after(self, frame: Leaderboard) -> Board | None:
        """The board after a frame; None when something is missing in between: ask for a snapshot."""
        if frame.full:
            return Board.full(frame)
        if frame.epoch != self.epoch or frame.base is None or frame.base > self.version:
            return None
        if frame.version < self.version:
            return self  # a snapshot overtook it
        changed = {entry[0]: Row(*entry[1:]) for entry in frame.entries}
        return Board(frame.epoch, frame.version, {**self.rows, **changed})

    def score_of(self, participant_id: str) -> int | None:
        """Total score; None for somebody who is not on the board."""
        row = self.rows.get(participant_id)
        return None if row is None else row.score

    def ranked(self) -> list[Standing]:
        """Everybody, best first: by score, then by less time."""
        ordered = sorted(self.rows.items(), key=lambda item: (-item[1].score, item[1].time_ms, item[0]))
        standings: list[Standing] = []
        for place, (participant_id, row) in enumerate(ordered, start=1):
            tied = standings and standings[-1].row.score == row.score
            standings.append(Standing(standings[-1].rank if tied else place, participant_id, row))
        return standings


class Boards:
    """Reads boards from bytes. Whoever holds many connections to one session may do it once for all of them."""

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(Leaderboard)
        self._untagged = msgspec.json.Decoder(_Content)

    def load(self, data: bytes) -> Board:
        """The board of a snapshot: `data` is its `leaderboard`. Raises msgspec.DecodeError."""
        content = self._untagged.decode(data)
        return Board.full(Leaderboard(content.epoch, content.version, content.entries, full=True))

    def apply(self, board: Board | None, data: bytes) -> Board | None:
        """The board after the `leaderboard` frame `data`; None when it does not connect. Raises msgspec.DecodeError."""
        frame = self._decoder.decode(data)
        if board is None:
            return Board.full(frame) if frame.full else None
        return board.after(frame)


class _Content(msgspec.Struct, frozen=True):
    """A board inside a snapshot: all of it, without a `type`."""

    epoch: str
    version: int
    entries: tuple[tuple[str, str, int, int], ...]
