"""What one participant saw, kept for the ledger and the report. Plain values: they travel between processes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

__all__ = ["Attempt", "Record"]


@dataclass(slots=True)
class Attempt:
    """One answer this participant tried to give. Moments are seconds of the monotonic clock of this machine."""

    question_id: str
    question_index: int
    answer_id: str
    option: str
    sent_at: float
    last_sent_at: float
    tries: int = 1
    status: str | None = None  # of the first ack; "recorded" when a snapshot or result told it instead
    recorded: str | None = None  # the option the server said is recorded; None: it promised nothing
    settled_at: float | None = None
    correct: bool | None = None
    points: int | None = None
    score: int | None = None  # total after this answer, as the result said
    result_at: float | None = None
    closed_at: float | None = None  # when this participant heard that the question was closed (host pacing)
    on_board_at: float | None = None  # first board with this result's total; set once both are known


@dataclass(slots=True)
class Record:
    """Everything one participant did and was told."""

    participant_id: str
    nickname: str
    number: int
    attempts: dict[str, Attempt] = field(default_factory=dict)  # by question id
    closes: list[int | None] = field(default_factory=list)  # close codes received; None: the network was lost
    connections: int = 0
    resumed: int = 0  # welcomes that carried on without a snapshot
    snapshots: int = 0
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
