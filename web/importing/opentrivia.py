"""OpenTriviaQA text: blocks divided by blank lines, each one question.

    #Q What is the answer to the following:
    (2*5)-5
    ^ 5
    A 5
    B 0

Rules, from what the real files hold: the question may go on over several lines, which stay lines; `^` repeats the text
of the one correct option; options are lettered in order, two to four of them. A blank line always ends a block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from web.importing.decoding import decode
from web.limits import MAX_OPTION_CHARS, MAX_OPTIONS, MAX_QUESTION_CHARS, MAX_QUESTIONS, MIN_OPTIONS

__all__ = ["ImportedOption", "ImportedQuestion", "Rejected", "parse_opentrivia"]

MAX_BLOCK_BYTES = 64 * 1024
"""No block of a question that we accept is longer; a longer one is not even decoded."""

_OPTION = re.compile(r"([A-Z])(?:\s+(.*))?", re.DOTALL)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class ImportedOption:
    """One option of an imported question."""

    text: str
    is_correct: bool


@dataclass(frozen=True, slots=True)
class ImportedQuestion:
    """One valid question; `line` is where its block begins, from 1."""

    line: int
    title: str
    options: tuple[ImportedOption, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """One block that is not a valid question: where it begins, from 1, and why it is left out."""

    line: int
    reason: str


class _Unusable(Exception):
    """Why a block is rejected."""


def parse_opentrivia(data: bytes) -> tuple[list[ImportedQuestion], list[Rejected]]:
    """Every block of the file, either as a question or as rejected; never raises, whatever the bytes."""
    questions: list[ImportedQuestion] = []
    rejected: list[Rejected] = []
    for line, block in _blocks(data.removeprefix(b"\xef\xbb\xbf")):
        try:
            question = _question(line, block)
            if len(questions) == MAX_QUESTIONS:
                raise _Unusable(f"a quiz holds at most {MAX_QUESTIONS:,} questions")
        except _Unusable as reason:
            rejected.append(Rejected(line, str(reason)))
        else:
            questions.append(question)
    return questions, rejected


def _blocks(data: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """`(number of the first line, lines)` of each block. Lines end with LF, CRLF or CR."""
    block: list[bytes] = []
    start = 1
    for number, line in enumerate(data.splitlines(), start=1):
        if line.strip():
            if not block:
                start = number
            block.append(line)
        elif block:
            yield start, block
            block = []
    if block:
        yield start, block


@dataclass(slots=True)
class _Parts:
    """A block taken apart."""

    title: list[str] = field(default_factory=list)
    answer: list[str] | None = None
    options: list[list[str]] = field(default_factory=list)


def _question(line: int, block: list[bytes]) -> ImportedQuestion:
    """The question in a block. Raises _Unusable."""
    if sum(map(len, block)) > MAX_BLOCK_BYTES:
        raise _Unusable("the block is too long for a question")
    text = decode(b"\n".join(block))
    if "\x00" in text:
        raise _Unusable("the block holds a NUL character")
    parts = _taken_apart(text.split("\n"))
    title = "\n".join(filter(None, parts.title))
    if not title:
        raise _Unusable("the question is empty")
    if parts.answer is None:
        raise _Unusable(
            "there is no correct answer (a line that begins with `^`); a blank line ends a question"
        )
    if len(parts.options) < MIN_OPTIONS:
        raise _Unusable(f"there are {len(parts.options)} options, at least {MIN_OPTIONS} are needed")
    if len(parts.options) > MAX_OPTIONS:
        raise _Unusable(f"there are {len(parts.options)} options, at most {MAX_OPTIONS} are possible")
    options = ["\n".join(filter(None, lines)) for lines in parts.options]
    if "" in options:
        raise _Unusable(f"option {_LETTERS[options.index('')]} is empty")
    if len(title) > MAX_QUESTION_CHARS:
        raise _Unusable(f"the question is longer than {MAX_QUESTION_CHARS:,} characters")
    if max(map(len, options)) > MAX_OPTION_CHARS:
        raise _Unusable(f"an option is longer than {MAX_OPTION_CHARS} characters")
    correct = _correct(options, "\n".join(filter(None, parts.answer)))
    return ImportedQuestion(
        line, title, tuple(ImportedOption(option, place == correct) for place, option in enumerate(options))
    )


def _taken_apart(lines: list[str]) -> _Parts:
    """Sort a block's lines. Up to `^` everything belongs to the question, also a line like `I am ___.`."""
    if not lines[0].lstrip().startswith("#Q"):
        raise _Unusable("the block does not begin with `#Q`")
    parts = _Parts(title=[lines[0].lstrip().removeprefix("#Q").strip()])
    current = parts.title
    for raw in lines[1:]:
        line = raw.strip()
        if line.startswith("#Q"):
            raise _Unusable("there are two questions in one block: put a blank line between them")
        if line.startswith("^"):
            if parts.answer is not None:
                raise _Unusable("there are two correct answers (lines that begin with `^`)")
            current = parts.answer = [line.removeprefix("^").strip()]
        elif parts.answer is not None and (option := _OPTION.fullmatch(line)):
            expected = _LETTERS[min(len(parts.options), 25)]
            if option[1] != expected:
                raise _Unusable(f"option {option[1]} stands where option {expected} should be")
            current = [(option[2] or "").strip()]
            parts.options.append(current)
        else:
            current.append(line)
    return parts


def _correct(options: list[str], answer: str) -> int:
    """Which option the answer is: the same text, or else the same but for case and spaces. Raises _Unusable."""
    if not answer:
        raise _Unusable("the correct answer is empty")
    for form in (str, _loosely):
        matching = [place for place, option in enumerate(options) if form(option) == form(answer)]
        if len(matching) > 1:
            raise _Unusable("the correct answer occurs twice among the options")
        if matching:
            return matching[0]
    raise _Unusable("the correct answer is not among the options")


def _loosely(text: str) -> str:
    return " ".join(text.split()).casefold()
