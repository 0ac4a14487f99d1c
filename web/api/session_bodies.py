"""Sessions as they travel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from bus.messages import NicknameFilter, SessionState, Settings, State, Timing, decode
from bus.order import OrderOf
from bus.pauses import remaining_ms
from bus.scoring import has_streak, name_of, penalty_of
from web.session_settings import settings_of

__all__ = [
    "Ban",
    "ExpectedVersion",
    "Extend",
    "Join",
    "Joined",
    "Rename",
    "SessionReply",
    "Start",
    "TicketReply",
    "TicketWanted",
    "TimingWanted",
    "late_join_until",
    "shown",
]


LateJoin = Literal["allow", "deny"] | Annotated[int, Meta(ge=1, le=10_000)]


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to run a quiz; everything may be left out."""

    pacing: Literal["host", "self", "timed"] = "host"
    scoring: Literal["flat", "speed", "linear"] = "flat"
    streak_bonus: bool = False  # answers right in a row earn more
    penalty_percent: Annotated[int, Meta(ge=0, le=100)] = (
        0  # of its points, for a wrong answer; no score below 0
    )
    timing: TimingWanted | None = None  # timed pacing only
    nickname_filter: NicknameFilter = "normal"
    question_order: OrderOf = "authored"  # `participant` in self pacing only
    option_order: OrderOf = "authored"
    latency_allowance_ms: Annotated[int, Meta(ge=0, le=500)] = 0  # what may be taken off for the network
    early_close: bool | None = None  # when everybody connected has answered; null: in timed pacing only
    late_join: LateJoin = "allow"  # deny: until the first question opens; n: until question n has closed


class TimingWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the phases last in timed pacing, in seconds."""

    answer_s: Annotated[int, Meta(ge=5, le=300)] = 20  # for questions without a time limit of their own
    reveal_s: Annotated[int, Meta(ge=0, le=60)] = 5
    leaderboard_s: Annotated[int, Meta(ge=0, le=60)] = 5
    countdown_s: Annotated[int, Meta(ge=0, le=60)] = 3  # before each question
    lobby_s: Annotated[int, Meta(ge=0, le=86_400)] | None = None  # null: the host opens the first question


class ExpectedVersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Refuse the command unless the session is at this version."""

    expected_version: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None


class Ban(ExpectedVersion, frozen=True, forbid_unknown_fields=True):
    """Whom to keep out, beside the participant and their device."""

    address: bool = False  # whoever is new from their network as well


class Rename(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a participant is to be called."""

    nickname: Annotated[str, Meta(max_length=200)]


class Extend(ExpectedVersion, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How much more time to give."""

    seconds: Annotated[int, Meta(ge=5, le=300)]


class Join(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who comes in; without a nickname one is made up."""

    nickname: Annotated[str, Meta(max_length=200)] | None = None
    device_token: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22,64}\Z")] | None = None  # of an earlier join


class Joined(msgspec.Struct, frozen=True):
    """A participant, with what opens the WebSocket: the ticket once and soon, the resume token whenever they come back."""

    session_id: str
    participant_id: str
    nickname: str
    ticket: str
    resume_token: str
    ws_url: str
    device_token: str  # keep it in the browser, and send it again with the next join


class TicketWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to watch a session as."""

    role: Literal["host", "screen"] = "host"


class TicketReply(msgspec.Struct, frozen=True):
    """Admission to one WebSocket."""

    ticket: str
    ws_url: str
    expires_in: int  # seconds


class SessionReply(msgspec.Struct, frozen=True):
    """One live run of a quiz."""

    id: str
    quiz_id: str
    host_id: str
    join_code: str
    pacing: str
    scoring: str
    streak_bonus: bool
    penalty_percent: int
    state: State
    version: int
    seq: int
    question_index: int | None  # null in the lobby
    question_count: int
    opens_at: datetime | None
    closes_at: datetime | None
    next_at: datetime | None  # timed pacing: when it moves on by itself
    paused: bool  # then closes_at and next_at are null
    remaining_ms: int | None  # while paused: what is left of the question or phase
    locked: bool  # nobody new comes in
    late_join: Literal["allow", "deny"] | int
    early_close: bool  # a question closes as soon as everybody connected has answered
    timing: Timing | None  # timed pacing only
    nickname_filter: NicknameFilter
    question_order: str
    option_order: str
    latency_allowance_ms: int
    created_at: datetime
    ended_at: datetime | None


def shown(session: dict[str, Any], state: SessionState | None = None) -> SessionReply:
    """A session of `db.sessions` at `state`, or at the state saved last."""
    if state is None and session["live"] is not None:
        state = decode(bytes(session["live"]), SessionState)
    settings = settings_of(session)
    now: Any = session if state is None else msgspec.structs.asdict(state)
    paused = state is not None and state.paused_at_ms is not None
    return SessionReply(
        id=session["id"],
        quiz_id=session["quiz_id"],
        host_id=session["host_id"],
        join_code=session["join_code"],
        pacing=session["pacing"],
        scoring=name_of(session["scoring"]),
        streak_bonus=has_streak(session["scoring"]),
        penalty_percent=penalty_of(session["scoring"]),
        state=now["state"],
        version=now["version"],
        seq=now["seq"],
        question_index=now["question_index"] if now["question_index"] >= 0 else None,
        question_count=session["question_count"],
        opens_at=None if state is None else _time(state.opens_at_ms),
        closes_at=None if state is None or (paused and state.state == "open") else _time(state.closes_at_ms),
        next_at=None if state is None or paused else _time(state.next_at_ms),
        paused=paused,
        remaining_ms=None if state is None else remaining_ms(state),
        locked=state is not None and state.locked,
        late_join=_late_join(settings),
        early_close=settings.early_close,
        timing=None if session["timing"] is None else decode(bytes(session["timing"]), Timing),
        nickname_filter=settings.nickname_filter,
        question_order=settings.question_order,
        option_order=settings.option_order,
        latency_allowance_ms=settings.latency_allowance_ms,
        created_at=session["created_at"],
        ended_at=session["ended_at"],
    )


def late_join_until(wanted: LateJoin) -> int | None:
    """How Settings keep who may join late."""
    if wanted == "allow":
        return None
    return 0 if wanted == "deny" else wanted


def _late_join(settings: Settings) -> Literal["allow", "deny"] | int:
    if settings.late_join_until is None:
        return "allow"
    return settings.late_join_until or "deny"


def _time(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC)
