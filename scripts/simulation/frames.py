"""The server's frames as a participant reads them, and the participant's own.

Decoding checks the shape: a frame that breaks the WebSocket contract raises msgspec.ValidationError. Fields
we do not know are ignored, as a client must. Times are Unix milliseconds.
"""

from __future__ import annotations

import msgspec

__all__ = [
    "Ack",
    "Board",
    "Ended",
    "Entry",
    "Error",
    "Frame",
    "Kicked",
    "Leaderboard",
    "Ping",
    "Presence",
    "Question",
    "QuestionClosed",
    "Reconnect",
    "Result",
    "ServerFrame",
    "Skip",
    "Snapshot",
    "State",
    "Welcome",
    "answer",
    "decode",
    "hello_again",
    "hello_with_ticket",
    "leave",
    "pong",
    "sync",
]

Entry = tuple[str, str, int, int]
"""participant_id, nickname, score, time_ms"""


class Frame(msgspec.Struct, frozen=True, tag_field="type"):
    """Root of all of them; `type` names the kind."""


class Session(msgspec.Struct, frozen=True):
    id: str
    title: str
    state: str
    version: int
    pacing: str
    question_index: int | None
    question_count: int


class Welcome(Frame, frozen=True, tag="welcome"):
    participant_id: str | None
    session: Session
    role: str
    epoch: str
    seq: int
    heartbeat_ms: int
    server_time: float
    resumed: bool


class Option(msgspec.Struct, frozen=True):
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


class Question(Frame, frozen=True, tag="question"):
    """A question opens: an `Asked` with its place in the order of events."""

    seq: int
    question_id: str
    index: int
    total: int
    title: str
    options: tuple[Option, ...]
    image_url: str | None = None
    opens_at: float | None = None
    closes_at: float | None = None


class Answered(msgspec.Struct, frozen=True):
    """One recorded answer of one's own; the outcome only where it may be known."""

    question_id: str
    option: str
    correct: bool | None = None
    points: int | None = None


class Board(msgspec.Struct, frozen=True):
    """A leaderboard frame's content; a delta unless `full`, and then onto `base` or newer."""

    epoch: str
    version: int
    entries: tuple[Entry, ...]
    base: int | None = None
    full: bool = False


class Leaderboard(Frame, frozen=True, tag="leaderboard"):
    epoch: str
    version: int
    entries: tuple[Entry, ...]
    base: int | None = None
    full: bool = False


class Snapshot(Frame, frozen=True, tag="snapshot"):
    seq: int
    epoch: str
    state: str
    version: int
    question: Asked | None
    answers: tuple[Answered, ...]
    leaderboard: (
        msgspec.Raw
    )  # a Board; many participants get the same bytes, so it is decoded elsewhere, once
    score: int | None = None
    rank: int | None = None


class State(Frame, frozen=True, tag="state"):
    seq: int
    state: str
    version: int


class Ack(Frame, frozen=True, tag="ack"):
    re: str
    question_id: str
    status: str
    option: str | None = None


class Result(Frame, frozen=True, tag="result"):
    question_id: str
    correct: bool
    points: int
    score: int
    rank: int | None = None
    correct_option: str | None = None
    next: Asked | None = None


class QuestionClosed(Frame, frozen=True, tag="question_closed"):
    seq: int
    question_id: str
    correct_option: str
    counts: dict[str, int]
    explanation: str | None = None


class Placed(msgspec.Struct, frozen=True):
    """One row of the podium."""

    participant_id: str
    nickname: str
    score: int
    rank: int


class Ended(Frame, frozen=True, tag="ended"):
    seq: int
    podium: tuple[Placed, ...]


class Skip(Frame, frozen=True, tag="skip"):
    seq: int


class Presence(Frame, frozen=True, tag="presence"):
    seq: int | None = None


class Kicked(Frame, frozen=True, tag="kicked"):
    seq: int | None = None


class Ping(Frame, frozen=True, tag="ping"):
    t: msgspec.Raw  # given back as it came


class Reconnect(Frame, frozen=True, tag="reconnect"):
    after_ms: float


class Error(Frame, frozen=True, tag="error"):
    code: str
    message: str
    retryable: bool = False
    retry_after_ms: float | None = None
    re: str | None = None


ServerFrame = (
    Welcome
    | Snapshot
    | Question
    | Ack
    | Result
    | QuestionClosed
    | Leaderboard
    | State
    | Ended
    | Skip
    | Presence
    | Kicked
    | Ping
    | Reconnect
    | Error
)

_decoder: msgspec.json.Decoder[ServerFrame] = msgspec.json.Decoder(ServerFrame)
_encode = msgspec.json.encode


def decode(data: bytes) -> ServerFrame:
    """One frame. Raises msgspec.ValidationError when its type is unknown or its shape is wrong."""
    return _decoder.decode(data)


def hello_with_ticket(ticket: str) -> bytes:
    """The first frame of the first connection."""
    return _encode({"type": "hello", "ticket": ticket})


def hello_again(resume_token: str, epoch: str | None, seq: int) -> bytes:
    """The first frame of a later connection: resume after event `seq` of `epoch`, where an epoch is known."""
    known = {} if epoch is None else {"epoch": epoch, "seq": seq}
    return _encode({"type": "hello", "resume_token": resume_token, **known})


def answer(answer_id: str, question_id: str, option: str) -> bytes:
    """An answer; the same `answer_id` on every retry."""
    return _encode({"type": "answer", "id": answer_id, "question_id": question_id, "option": option})


def pong(t: msgspec.Raw) -> bytes:
    """The reply to `ping`."""
    return _encode({"type": "pong", "t": t})


sync = _encode({"type": "sync"})
leave = _encode({"type": "leave"})
