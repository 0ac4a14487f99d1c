"""What the server sends: one struct per message of the WebSocket contract.

Times named `*_at` and `server_time` are Unix time in milliseconds; `*_ms` are durations in milliseconds.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from bus.messages import Timing

__all__ = [
    "Ack",
    "AnswerView",
    "BoardView",
    "Ended",
    "Error",
    "Kicked",
    "LeaderboardDelta",
    "LeaderboardFull",
    "OptionView",
    "Ping",
    "PodiumPlace",
    "Presence",
    "Progress",
    "QuestionClosed",
    "QuestionOpened",
    "QuestionView",
    "Reconnect",
    "Result",
    "SessionView",
    "Skip",
    "Snapshot",
    "StateChanged",
    "Welcome",
    "encode",
]

AckStatus = Literal["accepted", "duplicate", "late", "closed", "unknown_question"]
Row = tuple[str, str, int, int]  # participant_id, nickname, score, time_ms


class OptionView(msgspec.Struct, frozen=True):
    """One option as a participant sees it."""

    key: str
    text: str


class QuestionView(msgspec.Struct, frozen=True):
    """One open question, without its answer."""

    question_id: str
    index: int  # 0-based
    total: int
    title: str
    image_url: str | None
    options: list[OptionView]
    opens_at: int | None
    closes_at: int | None


class AnswerView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An own answer; whether it was right only once the participant may know."""

    question_id: str
    option: str
    id: str
    correct: bool | None = None
    points: int | None = None


class SessionView(msgspec.Struct, frozen=True):
    """The session as everybody in it may know it."""

    id: str
    quiz_id: str
    title: str
    state: str
    version: int
    pacing: str
    question_index: int | None
    question_count: int
    timing: Timing | None = None  # timed pacing only, in seconds
    paused: bool = False
    locked: bool = False  # nobody new comes in


class BoardView(msgspec.Struct, frozen=True):
    """The whole leaderboard inside a snapshot."""

    epoch: str
    version: int
    entries: list[Row]
    full: bool = True


class PodiumPlace(msgspec.Struct, frozen=True):
    """One of the best three ranks."""

    participant_id: str
    nickname: str
    score: int
    rank: int


class Welcome(msgspec.Struct, tag="welcome", frozen=True):
    """The connection is in its room."""

    participant_id: str | None
    session: SessionView
    role: str
    epoch: str
    seq: int
    heartbeat_ms: int
    server_time: int
    resumed: bool


class Snapshot(msgspec.Struct, tag="snapshot", frozen=True):
    """Everything a client needs to go on from here; `leaderboard` is an encoded BoardView."""

    seq: int
    epoch: str
    state: str
    version: int
    question: QuestionView | None
    answers: list[AnswerView]
    score: int | None
    rank: int | None
    leaderboard: msgspec.Raw
    next_at: int | None = None  # timed pacing: when the session moves on by itself
    paused: bool = False
    locked: bool = False  # nobody new comes in
    remaining_ms: int | None = None  # while paused: what is left of the question or phase


class StateChanged(msgspec.Struct, tag="state", frozen=True):
    """The session moved on without a message of its own, or goes on in another way."""

    seq: int
    state: str
    version: int
    paused: bool = False
    locked: bool = False  # nobody new comes in
    closes_at: int | None = None  # of the open question; null while paused
    next_at: int | None = None  # timed pacing: when the session moves on by itself; null while paused
    remaining_ms: int | None = None  # while paused: what is left of the question or phase


class QuestionOpened(msgspec.Struct, tag="question", frozen=True):
    """A question opened; the fields of QuestionView."""

    seq: int
    version: int
    question_id: str
    index: int
    total: int
    title: str
    image_url: str | None
    options: list[OptionView]
    opens_at: int | None
    closes_at: int | None


class Ack(msgspec.Struct, tag="ack", frozen=True, omit_defaults=True):
    """What became of an answer. `accepted` means stored; `duplicate` names the recorded option."""

    re: str
    question_id: str
    status: AckStatus
    option: str | None = None


class Result(msgspec.Struct, tag="result", frozen=True):
    """The outcome of one's own answer."""

    question_id: str
    correct: bool
    points: int
    score: int
    rank: int | None
    correct_option: str | msgspec.UnsetType | None = msgspec.UNSET
    explanation: str | msgspec.UnsetType | None = msgspec.UNSET
    next: QuestionView | msgspec.UnsetType | None = msgspec.UNSET
    latency_ms: int | msgspec.UnsetType = msgspec.UNSET


class QuestionClosed(msgspec.Struct, tag="question_closed", frozen=True):
    """The question is over: what was right, and how often each option was chosen."""

    seq: int
    version: int
    question_id: str
    correct_option: str
    counts: dict[str, int]
    explanation: str | None
    next_at: int | None = None  # timed pacing: when the next question opens, or the session ends


class LeaderboardDelta(msgspec.Struct, tag="leaderboard", frozen=True):
    """Changed entries, for clients whose version is `base` or newer."""

    epoch: str
    version: int
    base: int
    entries: list[Row]


class LeaderboardFull(msgspec.Struct, tag="leaderboard", frozen=True):
    """All entries; replaces what the client has."""

    epoch: str
    version: int
    entries: list[Row]
    full: bool = True


class Presence(msgspec.Struct, tag="presence", frozen=True):
    """How many are connected of those who joined; hosts see who."""

    connected: int
    joined: int
    participant_ids: list[str] | msgspec.UnsetType = msgspec.UNSET


class Progress(msgspec.Struct, tag="progress", frozen=True):
    """Answers arriving for the open question; hosts see who and what. Not for participants, and no event."""

    question_id: str
    answered: int
    connected: int
    counts: dict[str, int] | msgspec.UnsetType = msgspec.UNSET
    participant_ids: list[str] | msgspec.UnsetType = msgspec.UNSET


class Ended(msgspec.Struct, tag="ended", frozen=True):
    """The session is over."""

    seq: int
    podium: list[PodiumPlace]


class Kicked(msgspec.Struct, tag="kicked", frozen=True):
    """The host removed this participant."""

    seq: int


class Skip(msgspec.Struct, tag="skip", frozen=True):
    """An event that is not for this role."""

    seq: int


class Ping(msgspec.Struct, tag="ping", frozen=True):
    """Heartbeat; answer with `pong` and the same `t`."""

    t: int


class Reconnect(msgspec.Struct, tag="reconnect", frozen=True):
    """This node is about to stop: connect again after this many milliseconds."""

    after_ms: int


class Error(msgspec.Struct, tag="error", frozen=True, omit_defaults=True):
    """Something was refused; `re` is the id of the message it is about, where it had one."""

    code: str
    message: str
    retryable: bool | msgspec.UnsetType = msgspec.UNSET
    retry_after_ms: int | None = None
    re: str | None = None


_encoder = msgspec.json.Encoder()


def encode(message: Any) -> bytes:
    """Any message of this file as JSON."""
    return _encoder.encode(message)
