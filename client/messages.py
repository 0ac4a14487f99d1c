"""The messages of the WebSocket contract, as structs: what the server sends, and what we say.

Decoding checks the shape: a frame that breaks the contract raises msgspec.ValidationError. Fields that are not known are
ignored, as a client must; those that came later have defaults, so that an older server is understood. Times named `*_at`
and `server_time` are Unix milliseconds, `*_ms` are durations in milliseconds.
"""

from __future__ import annotations

import msgspec

from client.parts import Answered, Asked, Entry, Option, Place, Session, Timing

__all__ = [
    "Ack",
    "Answered",
    "Asked",
    "Ended",
    "Entry",
    "Error",
    "Kicked",
    "Leaderboard",
    "Message",
    "Option",
    "Ping",
    "Place",
    "Presence",
    "Progress",
    "Question",
    "QuestionClosed",
    "Reconnect",
    "Result",
    "ServerMessage",
    "Session",
    "Skip",
    "Snapshot",
    "State",
    "Timing",
    "Welcome",
    "answer",
    "decode",
    "hello_again",
    "hello_with_ticket",
    "leave",
    "pong",
    "sync",
]


class Message(msgspec.Struct, frozen=True, tag_field="type"):
    """Root of all of them; `type` names the kind."""


class Welcome(Message, frozen=True, tag="welcome"):
    """The connection is in its session."""

    participant_id: str | None
    session: Session
    role: str
    epoch: str
    seq: int
    heartbeat_ms: int
    server_time: float
    resumed: bool


class Question(Message, frozen=True, tag="question"):
    """A question opens."""

    seq: int
    question_id: str
    index: int
    total: int
    title: str
    options: tuple[Option, ...]
    version: int = 0
    image_url: str | None = None
    opens_at: float | None = None
    closes_at: float | None = None

    @property
    def asked(self) -> Asked:
        """The same without its place in the order of events."""
        return Asked(
            self.question_id,
            self.index,
            self.total,
            self.title,
            self.options,
            self.image_url,
            self.opens_at,
            self.closes_at,
        )


class Leaderboard(Message, frozen=True, tag="leaderboard"):
    """All entries if `full`, else those that changed, for a board of version `base` or newer."""

    epoch: str
    version: int
    entries: tuple[Entry, ...]
    base: int | None = None
    full: bool = False


class Snapshot(Message, frozen=True, tag="snapshot"):
    """Everything one needs to go on from here. `leaderboard` is read by `client.board`: many get the same bytes."""

    seq: int
    epoch: str
    state: str
    version: int
    question: Asked | None
    answers: tuple[Answered, ...]
    leaderboard: msgspec.Raw
    score: int | None = None
    rank: int | None = None
    next_at: float | None = None
    paused: bool = False
    locked: bool = False
    remaining_ms: int | None = None


class State(Message, frozen=True, tag="state"):
    """The session moved on without a message of its own."""

    seq: int
    state: str
    version: int
    paused: bool = False
    locked: bool = False
    closes_at: float | None = None
    next_at: float | None = None
    remaining_ms: int | None = None


class Ack(Message, frozen=True, tag="ack"):
    """What became of an answer: `accepted`, `duplicate` (`option` counts), `late`, `closed`, `unknown_question`."""

    re: str
    question_id: str
    status: str
    option: str | None = None


class Result(Message, frozen=True, tag="result"):
    """The outcome of one's own answer; in self pacing with what was right, why, and the next question."""

    question_id: str
    correct: bool
    points: int
    score: int
    rank: int | None = None
    correct_option: str | None = None
    explanation: str | None = None
    next: Asked | None = None
    latency_ms: int | None = None


class QuestionClosed(Message, frozen=True, tag="question_closed"):
    """A question is over."""

    seq: int
    question_id: str
    correct_option: str
    counts: dict[str, int]
    version: int = 0
    explanation: str | None = None
    next_at: float | None = None


class Ended(Message, frozen=True, tag="ended"):
    """The session is over."""

    seq: int
    podium: tuple[Place, ...]


class Skip(Message, frozen=True, tag="skip"):
    """An event that is not for this role."""

    seq: int


class Presence(Message, frozen=True, tag="presence"):
    """How many are connected of those who joined; hosts see who."""

    connected: int
    joined: int
    participant_ids: tuple[str, ...] | None = None


class Progress(Message, frozen=True, tag="progress"):
    """Hosts and screens: how many have answered the open question; hosts see what and who."""

    question_id: str
    answered: int
    connected: int
    counts: dict[str, int] | None = None
    participant_ids: tuple[str, ...] | None = None


class Kicked(Message, frozen=True, tag="kicked"):
    """The host removed this participant."""

    seq: int


class Ping(Message, frozen=True, tag="ping"):
    """Are you there?"""

    t: msgspec.Raw  # given back as it came


class Reconnect(Message, frozen=True, tag="reconnect"):
    """This gateway is about to stop: connect again after this time."""

    after_ms: float


class Error(Message, frozen=True, tag="error"):
    """Something was refused; `re` is the id of the message it is about."""

    code: str
    message: str
    retryable: bool = False
    retry_after_ms: float | None = None
    re: str | None = None


ServerMessage = (
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
    | Progress
    | Kicked
    | Ping
    | Reconnect
    | Error
)

_decoder: msgspec.json.Decoder[ServerMessage] = msgspec.json.Decoder(ServerMessage)
_encode = msgspec.json.encode


def decode(data: bytes | str) -> ServerMessage:
    """One frame. Raises msgspec.DecodeError when it is not JSON, its type is unknown or its shape is wrong."""
    return _decoder.decode(data)


def hello_with_ticket(ticket: str) -> bytes:
    """The first frame of a connection that a ticket opens."""
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
