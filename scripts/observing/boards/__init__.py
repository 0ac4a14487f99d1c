"""The dashboards, one file each."""

from __future__ import annotations

from scripts.observing.boards import gateways, overview, sessions, stores, workers
from scripts.observing.panels import Board

__all__ = ["BOARDS"]

BOARDS: tuple[Board, ...] = (
    overview.BOARD,
    gateways.BOARD,
    workers.BOARD,
    stores.BOARD,
    sessions.BOARD,
)
