"""Authored content, as a session is played from it."""

from __future__ import annotations

import msgspec

__all__ = ["Option", "Question", "Quiz"]


class Option(msgspec.Struct, frozen=True):
    """One choice of a question."""

    key: str  # "A" to "D", by position
    text: str


class Question(msgspec.Struct, frozen=True):
    """One question of a session's snapshot; `correct` never leaves the server before the question closes."""

    id: str
    title: str
    options: tuple[Option, ...]
    correct: str  # key of the one correct option
    explanation: str | None = None
    time_limit_s: int | None = None
    weight: int = 1
    image_url: str | None = None


class Quiz(msgspec.Struct, frozen=True):
    """The immutable snapshot a session is played from; stored as JSON with exactly these fields."""

    quiz_id: str
    title: str
    questions: tuple[Question, ...]
    description: str = ""
