"""Everything that travels between processes, as frozen structs; msgpack on the wire.

Times named `_at_ms` are Unix time in milliseconds, UTC; `_ms` alone are durations in milliseconds.
Structs marked `array_like` are encoded without field names: append fields with a default, never reorder.
"""

from __future__ import annotations

from typing import Literal, TypeVar

import msgspec

from bus.errors import InvalidMessage
from bus.quiz import Option, Question, Quiz

__all__ = [
    "FLUSHED_TO",
    "Answered",
    "BoardDelta",
    "BoardEntry",
    "Command",
    "CommandReply",
    "Connected",
    "Event",
    "Option",
    "Outcome",
    "Question",
    "Quiz",
    "Revoked",
    "RoomNote",
    "Scored",
    "SessionState",
    "Settings",
    "Submission",
    "Timing",
    "decode",
    "encode",
]

_T = TypeVar("_T")
_encoder = msgspec.msgpack.Encoder()
_decoders: dict[object, msgspec.msgpack.Decoder[object]] = {}

Pacing = Literal["host", "self", "timed"]
State = Literal["lobby", "open", "closing", "closed", "ended"]
NicknameFilter = Literal["off", "normal", "strict"]
CommandKind = Literal[
    "start", "next", "close", "end", "kick", "deadline", "pause", "resume", "extend", "lock", "unlock"
]
EventKind = Literal["state", "question", "question_closed", "ended", "kicked"]


class Timing(msgspec.Struct, frozen=True):
    """How long the phases of a session in timed pacing last, in seconds. Stored as msgpack with the session."""

    answer_s: int = 20  # for questions without a time limit of their own
    reveal_s: int = 5  # what was right
    leaderboard_s: int = 5
    countdown_s: int = 3  # before each question
    lobby_s: int | None = None  # then the first question opens by itself; None: when the host says so


class Settings(msgspec.Struct, frozen=True):
    """How a session is run, as chosen at its start. Stored as msgpack with the session; defaults are what was before."""

    nickname_filter: NicknameFilter = "off"
    question_order: str = "authored"  # see bus/order.py
    option_order: str = "authored"
    order_seed: str = ""  # of both; no client ever sees it
    latency_allowance_ms: int = 0  # at most so much is taken off an answer's time for the network
    late_join_until: int | None = None  # newcomers, until question n has closed; 0: until one opens
    early_close: bool = False  # a question closes as soon as everybody connected has answered


class SessionState(msgspec.Struct, frozen=True):
    """The live state of a session; changed only by compare-and-set in `run_session`.

    Each state is announced by exactly one event, `event`, carrying this `seq`; the event can be
    rebuilt from the state, which is what makes a killed control worker harmless.
    """

    session_id: str
    host_id: str
    pacing: Pacing
    state: State = "lobby"
    version: int = 1  # rises with every transition; `expected_version` is compared with it
    seq: int = 1  # number of the last event of this session
    event: EventKind = "state"
    question_index: int = -1  # -1 in the lobby
    question_count: int = 0
    opens_at_ms: int | None = None
    closes_at_ms: int | None = None  # deadline of the open question, or when it was closed
    counts: dict[str, int] = {}  # answers per option key, known once closed
    board_version: int = 0  # of the leaderboard when the last question closed or the session ended
    participant_id: str | None = None  # whom a `kicked` event is about
    command_id: str | None = None  # the command that led here; a redelivered one continues
    done: tuple[str, ...] = ()  # commands before it, the newest last; delivered again they change nothing
    scoring: str = "flat/1"  # rule and version: see bus/scoring.py
    timing: Timing | None = None  # timed pacing only
    next_at_ms: int | None = None  # timed pacing: when the session moves on by itself from lobby or closed
    settings: Settings = Settings()
    paused_at_ms: int | None = None  # since when the session is paused; deadlines stand still
    pauses: tuple[tuple[int, int], ...] = ()  # that are over: of this question, or all in self pacing
    locked: bool = False  # nobody new comes in
    aside_id: str | None = None  # the last command that was carried out between the steps of others


class Command(msgspec.Struct, frozen=True):
    """Please do: one command for a session, durable in TASKS."""

    id: str  # unique; a redelivered or repeated command has the same
    kind: CommandKind
    session_id: str
    issued_at_ms: int
    expected_version: int | None = None  # refuse with `version_conflict` unless the session is at it
    question_index: int | None = None  # `deadline` only: the question whose time is over
    participant_id: str | None = None  # `kick` only
    reply_to: str | None = None  # subject that waits for the CommandReply
    phase: State = "open"  # `deadline` only: the state whose time is over
    ban: bool = False  # `kick` only: keep their device out as well …
    ban_network: bool = False  # … and whoever is new from their network
    due_at_ms: int | None = None  # `deadline` only: it is void when that moment was moved
    seconds: int | None = None  # `extend` only


class CommandReply(msgspec.Struct, frozen=True):
    """How a command ended: `session` when it was done, else a stable `code` and a sentence."""

    ok: bool
    session: SessionState | None = None
    code: str | None = None
    message: str | None = None


class Event(msgspec.Struct, frozen=True):
    """It happened: the new state of a session, announced to every gateway node."""

    epoch: str
    state: SessionState
    at_ms: int


FLUSHED_TO = "Quizwire-Flushed-To"
"""Header of the event of a close: where each gateway node that has the room says its name, once it knows of the event and
all it accepted before is stored."""


class Submission(msgspec.Struct, frozen=True, array_like=True):
    """One answer as the gateway accepted it. On the wire a message carries a list of these."""

    session_id: str
    participant_id: str
    question_id: str
    answer_id: str  # the participant's own id of this answer, the same on every retry
    option: str
    received_at_ms: int  # wall clock of the gateway
    elapsed_ms: int  # monotonic, since the question was written to this socket, without `latency_ms`
    node_id: str  # gateway node that waits for the outcome
    latency_ms: int = 0  # what was allowed for the network


class Scored(msgspec.Struct, frozen=True, array_like=True):
    """One recorded answer on its way to PostgreSQL. On the wire a message carries a list of these."""

    session_id: str
    participant_id: str
    question_id: str
    answer_id: str
    option: str
    correct: bool
    points: int
    finished_at_ms: int
    elapsed_ms: int
    rule: str  # scoring rule and its version, for example "flat/1"
    node_id: str
    epoch: str = ""  # of the live state it was recorded in
    latency_ms: int = 0


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """What is recorded for one participant and question, told to the gateway that asked (`answer_id`).

    `recorded_id` differs from `answer_id` when another answer had been recorded first.
    """

    session_id: str
    participant_id: str
    question_id: str
    answer_id: str
    recorded_id: str
    option: str  # as recorded
    correct: bool
    points: int
    score: int  # total, absolute
    time_ms: int  # total time of the correct answers, absolute
    version: int  # of the leaderboard that holds this total
    epoch: str = ""  # of that leaderboard
    latency_ms: int = 0  # what was allowed for the network


class BoardEntry(msgspec.Struct, frozen=True, array_like=True):
    """One row of a delta, as absolute totals. `nickname` is None where the sender does not know it."""

    participant_id: str
    score: int
    time_ms: int
    nickname: str | None = None


class Answered(msgspec.Struct, frozen=True, array_like=True):
    """These participants' answers to a question are recorded, all with the same option."""

    question_id: str
    option: str
    participant_ids: tuple[str, ...]


class BoardDelta(msgspec.Struct, frozen=True, array_like=True):
    """Changed entries of one leaderboard; every version from 1 on is sent exactly once, or is a gap."""

    session_id: str
    epoch: str
    version: int
    entries: tuple[BoardEntry, ...]
    answered: tuple[Answered, ...] = ()  # what was recorded in this version, right or wrong


class RoomNote(msgspec.Struct, frozen=True):
    """One gateway node to the others: this participant has this connection; those before it close (4504)."""

    participant_id: str
    connection_id: str
    admitted: int  # by one clock for all nodes: the greater number is the newer connection


class Connected(msgspec.Struct, frozen=True, array_like=True):
    """One gateway node to the others: these participants of a session are connected to it now."""

    node_id: str
    participant_ids: tuple[str, ...]
    asks: bool = False  # the others are to tell at once who is connected to them


class Revoked(msgspec.Struct, frozen=True):
    """To every gateway node: these logins of a user were ended, so their sockets close (4503)."""

    user_id: str
    login_ids: tuple[str, ...] | None = None  # None: all of the user's, also sockets that name no login


def encode(message: object) -> bytes:
    """Any struct of this file, or a list of one kind, as msgpack."""
    return _encoder.encode(message)


def decode(data: bytes, kind: type[_T]) -> _T:
    """Msgpack to `kind` (a struct of this file, or `list[…]` of one).

    Raises InvalidMessage with the place of the first wrong value.
    """
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.msgpack.Decoder(kind)
    try:
        return decoder.decode(data)  # type: ignore[return-value]
    except msgspec.DecodeError as error:
        raise InvalidMessage(getattr(kind, "__name__", str(kind)), str(error)) from None


# All of them now, while there is one thread. msgspec works a struct's fields out when it is first decoded, and another thread
# that decodes the same struct meanwhile takes the half-finished work: the process dies (msgspec 0.22).
for _kind in [found for found in list(globals().values()) if isinstance(found, type)]:
    if issubclass(_kind, msgspec.Struct):
        _decoders[_kind] = msgspec.msgpack.Decoder(_kind)
del _kind
