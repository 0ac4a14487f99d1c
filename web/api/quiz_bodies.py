"""Quizzes as they travel: what authors send, what they get back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from db import tags
from db.nicknames import is_blank
from db.text import is_storable
from web import limits
from web.problems import invalid

__all__ = [
    "Copy",
    "OptionDraft",
    "Order",
    "Page",
    "QuestionDraft",
    "QuizDraft",
    "QuizReply",
    "Status",
    "checked",
    "checked_title",
    "hidden",
    "with_media",
]

Id = Annotated[str, Meta(max_length=36)]


class OptionDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One choice."""

    text: Annotated[str, Meta(min_length=1, max_length=limits.MAX_OPTION_CHARS)]
    is_correct: bool = False


class QuestionDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One question: two to four options, exactly one of them correct."""

    title: Annotated[str, Meta(min_length=1, max_length=limits.MAX_QUESTION_CHARS)]
    options: Annotated[
        tuple[OptionDraft, ...], Meta(min_length=limits.MIN_OPTIONS, max_length=limits.MAX_OPTIONS)
    ]
    id: Id | None = None  # of a question that stays, when a quiz is replaced
    explanation: Annotated[str, Meta(max_length=limits.MAX_EXPLANATION_CHARS)] | None = None
    time_limit_s: (
        Annotated[int, Meta(ge=limits.MIN_TIME_LIMIT_S, le=limits.MAX_TIME_LIMIT_S, description="seconds")]
        | None
    ) = None
    weight: Annotated[int, Meta(ge=0, le=limits.MAX_WEIGHT)] = 1


Visibility = Literal["private", "public"]
TagDraft = Annotated[str, Meta(max_length=200)]


class QuizDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A quiz as its author writes it."""

    title: Annotated[str, Meta(min_length=1, max_length=limits.MAX_TITLE_CHARS)]
    description: Annotated[str, Meta(max_length=limits.MAX_DESCRIPTION_CHARS)] = ""
    tags: Annotated[tuple[TagDraft, ...], Meta(max_length=100)] = ()  # repeated ones count once
    visibility: Visibility = "private"
    questions: Annotated[tuple[QuestionDraft, ...], Meta(max_length=limits.MAX_QUESTIONS)] = ()


Status = Literal["DRAFT", "STARTED", "ENDED"]


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All questions of a quiz, each once, in their new order."""

    question_ids: Annotated[tuple[Id, ...], Meta(max_length=limits.MAX_QUESTIONS)]


class Copy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to call the copy; without a title, as the original with `(copy)` behind."""

    title: Annotated[str, Meta(min_length=1, max_length=limits.MAX_TITLE_CHARS)] | None = None


class OptionReply(msgspec.Struct, frozen=True):
    """One choice; `key` is A to D, by position. Null, for others than the owner: whether it is correct."""

    key: str
    text: str
    is_correct: bool | None


class QuestionReply(msgspec.Struct, frozen=True):
    """One question."""

    id: str
    title: str
    explanation: str | None
    time_limit_s: int | None
    weight: int
    image_url: str | None
    options: tuple[OptionReply, ...]


class QuizReply(msgspec.Struct, frozen=True):
    """A quiz with everything in it. To others than its owner, a public one hides what is correct, and why."""

    id: str
    owner_id: str
    title: str
    description: str
    tags: tuple[str, ...]
    visibility: Visibility
    status: Status
    revision: int  # rises when the content changes
    created_at: datetime
    updated_at: datetime
    questions: tuple[QuestionReply, ...]


class QuizSummary(msgspec.Struct, frozen=True):
    """A quiz in a list."""

    id: str
    owner_id: str
    title: str
    description: str
    tags: tuple[str, ...]
    visibility: Visibility
    status: Status
    question_count: int
    created_at: datetime
    updated_at: datetime


class Page(msgspec.Struct, frozen=True):
    """One page of a list; `next_cursor` is null on the last one."""

    items: tuple[QuizSummary, ...]
    next_cursor: str | None


def hidden(quiz: dict[str, Any]) -> dict[str, Any]:
    """The quiz of `db.quizzes` without what is correct: participants of its sessions can read public quizzes too."""
    questions = [
        question
        | {"explanation": None, "options": [option | {"is_correct": None} for option in question["options"]]}
        for question in quiz["questions"]
    ]
    return quiz | {"questions": questions}


def checked(draft: QuizDraft) -> dict[str, Any]:
    """The draft as `db.quizzes` takes it, texts trimmed. Raises Problem 422 with the path of what cannot be."""
    return {
        "title": _text("title", draft.title),
        "description": _text("description", draft.description, may_be_empty=True),
        "tags": _tags(draft.tags),
        "visibility": draft.visibility,
        "questions": [
            _question(f"questions[{place}]", question) for place, question in enumerate(draft.questions)
        ],
    }


def checked_title(title: str) -> str:
    """The title, trimmed. Raises Problem 422."""
    return _text("title", title)


def _tags(drafts: tuple[str, ...]) -> list[str]:
    """Clean, each once, in the order they were given."""
    cleaned: dict[str, None] = {}
    for place, draft in enumerate(drafts):
        tag = tags.clean(_text(f"tags[{place}]", draft))
        if not 1 <= len(tag) <= tags.MAX_LENGTH:
            raise invalid(f"tags[{place}]", f"a tag has 1 to {tags.MAX_LENGTH} visible characters")
        cleaned[tag] = None
    if len(cleaned) > tags.MAX_TAGS:
        raise invalid("tags", f"at most {tags.MAX_TAGS} tags, not {len(cleaned)}")
    return list(cleaned)


def with_media(quiz: QuizReply, media_base: str) -> QuizReply:
    """The quiz with the addresses of its pictures completed."""
    if not media_base or all(question.image_url is None for question in quiz.questions):
        return quiz
    questions = tuple(
        msgspec.structs.replace(question, image_url=media_base + question.image_url)
        if question.image_url is not None
        else question
        for question in quiz.questions
    )
    return msgspec.structs.replace(quiz, questions=questions)


def _question(path: str, question: QuestionDraft) -> dict[str, Any]:
    correct = sum(option.is_correct for option in question.options)
    if correct != 1:
        raise invalid(f"{path}.options", f"exactly one option must be correct, not {correct}")
    explanation = question.explanation
    if explanation is not None:
        explanation = _text(f"{path}.explanation", explanation, may_be_empty=True) or None
    checked_question: dict[str, Any] = {
        "title": _text(f"{path}.title", question.title),
        "explanation": explanation,
        "time_limit_s": question.time_limit_s,
        "weight": question.weight,
        "options": [
            {"text": _text(f"{path}.options[{place}].text", option.text), "is_correct": option.is_correct}
            for place, option in enumerate(question.options)
        ],
    }
    if question.id is not None:
        checked_question["id"] = question.id
    return checked_question


def _text(path: str, text: str, *, may_be_empty: bool = False) -> str:
    trimmed = text.strip()
    if not is_storable(trimmed):
        raise invalid(path, "the text holds a NUL character or half a surrogate pair: remove it")
    if not may_be_empty and is_blank(trimmed):
        raise invalid(path, "a text is needed, not only spaces and what cannot be seen")
    return trimmed
