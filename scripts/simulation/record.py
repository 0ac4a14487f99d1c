"""What one participant saw, kept for the ledger and the report. Plain values: they travel between processes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from client.answers import Attempt

__all__ = ["Record"]


@dataclass(slots=True)
class Record:
    """Everything one participant did and was told."""

    participant_id: str
    nickname: str
    number: int
    attempts: dict[str, Attempt] = field(default_factory=dict)  # by question id
    on_board_at: dict[str, float] = field(
        default_factory=dict
    )  # by question id: the first board with what a right answer scored
    closes: list[int | None] = field(default_factory=list)  # close codes received; None: the network was lost
    connections: int = 0
    resumed: int = 0  # welcomes that carried on without a snapshot
    snapshots: int = 0
    rebuilt_at: float | None = None  # when it was first shown live state of another epoch
    syncs: int = 0
    stalls: int = 0  # syncs sent because a result stayed away
    frames: int = 0
    errors: Counter[str] = field(default_factory=Counter)  # codes of error frames
    violations: list[str] = field(default_factory=list)  # where the server broke the contract
    podium: list[tuple[str, str, int, int]] | None = (
        None  # participant_id, nickname, score, rank; None: no `ended`
    )
    score: int | None = None  # the last total a result or snapshot told
    stuck_at: str | None = (
        None  # self pacing: the answer after which nothing more was asked, though more was to come
    )
    board: int | None = None  # position in the crowd's list of distinct last boards
