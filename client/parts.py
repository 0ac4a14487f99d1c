"""What is inside messages: a session, a question, an answer, a place on the podium.

Times named `*_at` are Unix milliseconds. What came later has a default, so that an older server is understood.
"""

from __future__ import annotations

import msgspec

__all__ = ["Answered", "Asked", "Entry", "Option", "Place", "Session", "Timing"]

Entry = tuple[str, str, int, int]
"""participant_id, nickname, score, time_ms"""


class Timing(msgspec.Struct, frozen=True):
    """Timed pacing: how long its phases last, in seconds."""

    answer_s: int
    reveal_s: int
    leaderboard_s: int
    countdown_s: int
    lobby_s: int | None = None


class Session(msgspec.Struct, frozen=True):
    """The session, as `welcome` tells of it."""

    id: str
    title: str
    state: str
    version: int
    pacing: str
    question_index: int | None
    question_count: int
    quiz_id: str | None = None
    timing: Timing | None = None
    paused: bool = False
    locked: bool = False


class Option(msgspec.Struct, frozen=True):
    """One option of a question."""

    key: str
    text: str


class Asked(msgspec.Struct, frozen=True):
    """A question inside a snapshot, or as `next` of a result."""

    question_id: str
    index: int
    total: int
    title: str
    options: tuple[Option, ...]
    image_url: str | None = None
    opens_at: float | None = None
    closes_at: float | None = None


class Answered(msgspec.Struct, frozen=True):
    """An answer of one's own; the outcome only where it may be known."""

    question_id: str
    option: str
    id: str | None = None
    correct: bool | None = None
    points: int | None = None


class Place(msgspec.Struct, frozen=True):
    """One row of the podium."""

    participant_id: str
    nickname: str
    score: int
    rank: int
