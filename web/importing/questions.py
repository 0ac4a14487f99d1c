"""What every parser makes of a file: questions, and what was left out. The same limits hold for all formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from db.nicknames import is_blank
from db.text import is_storable
from web import limits
from web.giving_way import giving_way

__all__ = [
    "LETTERS",
    "ImportedOption",
    "ImportedQuestion",
    "Parsed",
    "Rejected",
    "TooLarge",
    "Unreadable",
    "Unusable",
    "collect",
    "usable",
]

_Block = TypeVar("_Block")

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class ImportedOption:
    """One option of an imported question."""

    text: str
    is_correct: bool


@dataclass(frozen=True, slots=True)
class ImportedQuestion:
    """One valid question; `line` is its place in the file, from 1: first line, row, or number of the question."""

    line: int
    title: str
    options: tuple[ImportedOption, ...]
    explanation: str | None = None
    time_limit_s: int | None = None
    weight: int = 1
    picture: str | None = None  # its name among `Parsed.pictures`


@dataclass(frozen=True, slots=True)
class Rejected:
    """One block that is not a valid question: its place in the file, from 1, and why it is left out."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """Everything in a file. Each of its blocks is either a question or rejected."""

    questions: list[ImportedQuestion]
    rejected: list[Rejected]
    title: str | None = None  # None: the file does not say
    description: str = ""
    tags: tuple[str, ...] = ()  # as they are written
    pictures: Mapping[str, bytes] = field(default_factory=dict)


class Unusable(Exception):
    """Why one block is rejected."""


class Unreadable(Exception):
    """Why nothing at all can be read from a file; a sentence."""


class TooLarge(Unreadable):
    """Unpacked, the file is larger than we read."""


def usable(
    line: int,
    title: str,
    options: Sequence[str],
    correct: int,
    *,
    explanation: str | None = None,
    time_limit_s: int | None = None,
    weight: int = 1,
    picture: str | None = None,
) -> ImportedQuestion:
    """The question, texts trimmed, if it keeps to our limits; `correct` is a place in `options`. Raises Unusable."""
    title = title.strip()
    texts = [option.strip() for option in options]
    explanation = (explanation or "").strip() or None
    if not all(map(is_storable, (title, explanation or "", *texts))):
        raise Unusable("it holds a NUL character or half a surrogate pair")
    if is_blank(title):
        raise Unusable("the question is empty")
    if len(title) > limits.MAX_QUESTION_CHARS:
        raise Unusable(f"the question is longer than {limits.MAX_QUESTION_CHARS:,} characters")
    if len(texts) < limits.MIN_OPTIONS:
        raise Unusable(f"there are {len(texts)} options, at least {limits.MIN_OPTIONS} are needed")
    if len(texts) > limits.MAX_OPTIONS:
        raise Unusable(f"there are {len(texts)} options, at most {limits.MAX_OPTIONS} are possible")
    for letter, text in zip(LETTERS, texts, strict=False):
        if is_blank(text):
            raise Unusable(f"option {letter} is empty")
    if max(map(len, texts)) > limits.MAX_OPTION_CHARS:
        raise Unusable(f"an option is longer than {limits.MAX_OPTION_CHARS} characters")
    if explanation is not None and len(explanation) > limits.MAX_EXPLANATION_CHARS:
        raise Unusable(f"the explanation is longer than {limits.MAX_EXPLANATION_CHARS:,} characters")
    if time_limit_s is not None and not limits.MIN_TIME_LIMIT_S <= time_limit_s <= limits.MAX_TIME_LIMIT_S:
        raise Unusable(
            f"the time limit is not {limits.MIN_TIME_LIMIT_S} to {limits.MAX_TIME_LIMIT_S} seconds"
        )
    if not 0 <= weight <= limits.MAX_WEIGHT:
        raise Unusable(f"the weight is not 0 to {limits.MAX_WEIGHT}")
    return ImportedQuestion(
        line,
        title,
        tuple(ImportedOption(text, place == correct) for place, text in enumerate(texts)),
        explanation,
        time_limit_s,
        weight,
        picture,
    )


def collect(
    blocks: Iterable[tuple[int, _Block]], read: Callable[[int, _Block], ImportedQuestion]
) -> tuple[list[ImportedQuestion], list[Rejected]]:
    """Read every block with its place: a question, or rejected for the reason `read` raised with Unusable."""
    questions: list[ImportedQuestion] = []
    rejected: list[Rejected] = []
    for line, block in giving_way(blocks):
        try:
            question = read(line, block)
            if len(questions) == limits.MAX_QUESTIONS:
                raise Unusable(f"a quiz holds at most {limits.MAX_QUESTIONS:,} questions")
        except Unusable as reason:
            rejected.append(Rejected(line, str(reason)))
        else:
            questions.append(question)
    return questions, rejected
