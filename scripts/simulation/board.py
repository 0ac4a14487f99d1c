"""The leaderboard as every participant holds it, at the price of one.

Each participant's board is exactly the fold of the frames that this participant received. But all connections of a
room receive the same bytes, so it is remembered which board a frame led to, and participants that hold the same board
and receive the same bytes go on to the same object. Boards that were reached by different ways and turn out equal are
made one again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any
from weakref import WeakValueDictionary

import client.board
from client.board import Board

__all__ = ["Boards", "totals"]

_REMEMBERED = 64


class Boards(client.board.Boards):
    """All boards of one process."""

    def __init__(self) -> None:
        super().__init__()
        self._known: WeakValueDictionary[tuple[str, int, int, int], Board] = WeakValueDictionary()
        self._loaded: OrderedDict[bytes, Board] = OrderedDict()
        # The board before is kept beside the one after: its address stays its own.
        self._steps: OrderedDict[tuple[int, bytes], tuple[Board | None, Board | None]] = OrderedDict()

    def load(self, data: bytes) -> Board:
        """The board of a snapshot: `data` is its `leaderboard` value."""
        board = self._loaded.get(data)
        if board is None:
            board = self._loaded[data] = self._one(super().load(data))
            _forget(self._loaded)
        return board

    def apply(self, board: Board | None, data: bytes) -> Board | None:
        """The board after the `leaderboard` frame `data`; None when it does not connect: ask for a snapshot."""
        key = (id(board), data)
        step = self._steps.get(key)
        if step is None:
            after = super().apply(board, data)
            step = self._steps[key] = (board, None if after is None else self._one(after))
            _forget(self._steps)
        return step[1]

    def _one(self, board: Board) -> Board:
        """The board already held that equals this one, or this one."""
        key = (board.epoch, board.version, len(board.rows), sum(map(hash, board.rows.items())))
        known = self._known.get(key)
        if known is not None and known.rows == board.rows:
            return known
        self._known[key] = board
        return board


def totals(board: Board) -> dict[str, tuple[int, int]]:
    """`{participant_id: (score, time_ms)}`."""
    return {participant_id: (row.score, row.time_ms) for participant_id, row in board.rows.items()}


def _forget(remembered: OrderedDict[Any, Any]) -> None:
    if len(remembered) > _REMEMBERED:
        remembered.popitem(last=False)
