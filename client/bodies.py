"""What travels, as dictionaries with known keys: the components of `/openapi.json`, and a test holds them to those.

Ids and times are text, times in ISO 8601.
"""

from typing import Literal, NotRequired, TypedDict

__all__ = [
    "Imported",
    "Joined",
    "Leaderboard",
    "Option",
    "OptionDraft",
    "Page",
    "ParticipantPage",
    "ParticipantSummary",
    "Profile",
    "Question",
    "QuestionDraft",
    "Quiz",
    "QuizDraft",
    "QuizSummary",
    "Results",
    "Scoring",
    "Session",
    "SessionPage",
    "Standing",
    "Ticket",
    "Timing",
    "Tokens",
]

Pacing = Literal["host", "self", "timed"]
Scoring = Literal["flat", "speed", "linear"]
State = Literal["lobby", "open", "closing", "closed", "ended"]
Status = Literal["DRAFT", "STARTED", "ENDED"]
Visibility = Literal["private", "public"]


class Profile(TypedDict):
    """A user as they see themselves."""

    id: str
    email: str
    display_name: str
    role: str
    avatar_url: str | None
    created_at: str


class Tokens(TypedDict):
    """`expires_in` is in seconds, and the access token's."""

    access_token: str
    refresh_token: str
    expires_in: int
    token_type: str


class OptionDraft(TypedDict):
    """One choice."""

    text: str
    is_correct: NotRequired[bool]


class QuestionDraft(TypedDict):
    """Two to four options, exactly one of them correct."""

    title: str
    options: list[OptionDraft]
    id: NotRequired[str | None]
    explanation: NotRequired[str | None]
    time_limit_s: NotRequired[int | None]
    weight: NotRequired[int]


class QuizDraft(TypedDict):
    """A quiz as its author writes it."""

    title: str
    description: NotRequired[str]
    tags: NotRequired[list[str]]
    visibility: NotRequired[Visibility]
    questions: NotRequired[list[QuestionDraft]]


class Option(TypedDict):
    """`key` is A to D; whether it is correct is for the owner alone."""

    key: str
    text: str
    is_correct: bool | None


class Question(TypedDict):
    """One question."""

    id: str
    title: str
    explanation: str | None
    time_limit_s: int | None
    weight: int
    image_url: str | None
    options: list[Option]


class Quiz(TypedDict):
    """A quiz with everything in it."""

    id: str
    owner_id: str
    title: str
    description: str
    tags: list[str]
    visibility: Visibility
    status: Status
    revision: int
    created_at: str
    updated_at: str
    questions: list[Question]


class QuizSummary(TypedDict):
    """A quiz in a list."""

    id: str
    owner_id: str
    title: str
    description: str
    tags: list[str]
    visibility: Visibility
    status: Status
    question_count: int
    created_at: str
    updated_at: str


class Page(TypedDict):
    """Part of a list; no cursor on the last one."""

    items: list[QuizSummary]
    next_cursor: str | None


class RejectedBlock(TypedDict):
    """What an import left out."""

    line: int
    reason: str


class Imported(TypedDict):
    """The quiz made of a file."""

    quiz_id: str
    imported: int
    rejected: list[RejectedBlock]


class Timing(TypedDict, total=False):
    """How long phases last in timed pacing, in seconds."""

    answer_s: int
    reveal_s: int
    leaderboard_s: int
    countdown_s: int
    lobby_s: int | None


class Session(TypedDict):
    """One live run of a quiz; no `question_index` in the lobby."""

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
    question_index: int | None
    question_count: int
    opens_at: str | None
    closes_at: str | None
    next_at: str | None
    paused: bool
    remaining_ms: int | None
    locked: bool
    late_join: Literal["allow", "deny"] | int
    early_close: bool
    timing: Timing | None
    nickname_filter: str
    question_order: str
    option_order: str
    latency_allowance_ms: int
    created_at: str
    ended_at: str | None


class SessionPage(TypedDict):
    """Part of a list; no cursor on the last one."""

    items: list[Session]
    next_cursor: str | None


class ParticipantSummary(TypedDict):
    """Somebody in a session, as its host sees them."""

    participant_id: str
    nickname: str
    joined_at: str
    kicked: bool
    banned: bool


class ParticipantPage(TypedDict):
    """Part of a list; no cursor on the last one."""

    items: list[ParticipantSummary]
    next_cursor: str | None


class Joined(TypedDict):
    """A participant, with what opens the WebSocket."""

    session_id: str
    participant_id: str
    nickname: str
    ticket: str
    resume_token: str
    ws_url: str
    device_token: str


class Ticket(TypedDict):
    """Admission to one WebSocket, for so many seconds."""

    ticket: str
    ws_url: str
    expires_in: int


class Standing(TypedDict):
    """One participant on the leaderboard."""

    participant_id: str
    nickname: str
    score: int
    rank: int
    time_ms: int


class Leaderboard(TypedDict):
    """Everybody, best first."""

    epoch: str
    version: int
    entries: list[Standing]


class Answer(TypedDict):
    """One answer of a participant."""

    question_id: str
    option: str
    correct: bool
    points: int
    elapsed_ms: int
    latency_ms: int


class QuestionResult(TypedDict):
    """How one question was answered."""

    question_id: str
    title: str
    counts: dict[str, int]
    correct_option: str
    answers: int
    correct_rate: float | None
    median_time_ms: float | None


class ParticipantResult(Standing):
    """How one participant did."""

    answers: list[Answer]


class Results(TypedDict):
    """Everything that came out of a session."""

    session: Session
    questions: list[QuestionResult]
    participants: list[ParticipantResult]
