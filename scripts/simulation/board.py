"""The leaderboard as every participant holds it, at the price of one.

Each participant's board is exactly the fold of the frames that this participant received. But all connections of a
room receive the same bytes, so boards are immutable values: a board remembers which board a frame led to, and
participants that hold the same board and receive the same bytes go on to the same object. Boards that were reached
by different ways and turn out equal are made one again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from weakref import WeakValueDictionary

import msgspec

from scripts.simulation import frames

__all__ = ["Boards", "ParticipantBoard"]

Row = tuple[str, int, int]
"""nickname, score, time_ms"""

_REMEMBERED_STEPS = 4
_REMEMBERED_FRAMES = 64


class ParticipantBoard:
    """A leaderboard at one moment. Never changed once made."""

    __slots__ = ("__weakref__", "entries", "epoch", "fingerprint", "steps", "version")

    def __init__(self, epoch: str, version: int, entries: dict[str, Row], fingerprint: int) -> None:
        self.epoch = epoch
        self.version = version
        self.entries = entries
        self.fingerprint = fingerprint  # sum of the rows' hashes: cheap to carry over a delta
        self.steps: OrderedDict[bytes, ParticipantBoard | None] = OrderedDict()

    def score_of(self, participant_id: str) -> int | None:
        """Total score; None for somebody who is not on the board."""
        row = self.entries.get(participant_id)
        return None if row is None else row[1]

    def totals(self) -> dict[str, tuple[int, int]]:
        """`{participant_id: (score, time_ms)}`."""
        return {
            participant_id: (score, time_ms) for participant_id, (_, score, time_ms) in self.entries.items()
        }


class Boards:
    """All boards of one process."""

    def __init__(self) -> None:
        self._known: WeakValueDictionary[tuple[str, int, int, int], ParticipantBoard] = WeakValueDictionary()
        self._frames: OrderedDict[bytes, frames.Board] = OrderedDict()
        self._decoder = msgspec.json.Decoder(frames.Board)

    def load(self, data: bytes) -> ParticipantBoard:
        """The board of a snapshot: `data` is its `leaderboard` value."""
        content = self._decode(data)
        return self._full(content.epoch, content.version, content.entries)

    def apply(self, board: ParticipantBoard | None, data: bytes) -> ParticipantBoard | None:
        """The board after the `leaderboard` frame `data`; None when it does not connect: ask for a snapshot."""
        if board is None:
            content = self._decode(data)
            return self._full(content.epoch, content.version, content.entries) if content.full else None
        if data in board.steps:
            return board.steps[data]
        after = self._after(board, self._decode(data))
        board.steps[data] = after
        if len(board.steps) > _REMEMBERED_STEPS:
            board.steps.popitem(last=False)
        return after

    def _after(self, board: ParticipantBoard, content: frames.Board) -> ParticipantBoard | None:
        if content.full:
            return self._full(content.epoch, content.version, content.entries)
        if content.epoch != board.epoch or content.base is None or content.base > board.version:
            return None
        if content.version < board.version:
            return board  # a snapshot overtook this delta: everything in it is known already
        entries = dict(board.entries)
        fingerprint = board.fingerprint
        for participant_id, nickname, score, time_ms in content.entries:
            known = entries.get(participant_id)
            if known is not None:
                fingerprint -= hash((participant_id, known))
            row = entries[participant_id] = (nickname, score, time_ms)
            fingerprint += hash((participant_id, row))
        return self._one(ParticipantBoard(content.epoch, content.version, entries, fingerprint))

    def _full(self, epoch: str, version: int, rows: Iterable[frames.Entry]) -> ParticipantBoard:
        entries = {
            participant_id: (nickname, score, time_ms) for participant_id, nickname, score, time_ms in rows
        }
        return self._one(ParticipantBoard(epoch, version, entries, sum(map(hash, entries.items()))))

    def _one(self, board: ParticipantBoard) -> ParticipantBoard:
        """The board already held that equals this one, or this one."""
        key = (board.epoch, board.version, len(board.entries), board.fingerprint)
        known = self._known.get(key)
        if known is not None and known.entries == board.entries:
            return known
        self._known[key] = board
        return board

    def _decode(self, data: bytes) -> frames.Board:
        content = self._frames.get(data)
        if content is None:
            content = self._frames[data] = self._decoder.decode(data)
            if len(self._frames) > _REMEMBERED_FRAMES:
                self._frames.popitem(last=False)
        return content
