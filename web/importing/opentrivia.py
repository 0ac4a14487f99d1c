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
from dataclasses import dataclass, field

from web.importing.blocks import MAX_BLOCK_BYTES, blocks
from web.importing.decoding import decode
from web.importing.questions import (
    LETTERS,
    ImportedQuestion,
    Rejected,
    Unusable,
    collect,
    usable,
)

__all__ = ["parse_opentrivia"]

_OPTION = re.compile(r"([A-Z])(?:\s+(.*))?", re.DOTALL)


def parse_opentrivia(data: bytes) -> tuple[list[ImportedQuestion], list[Rejected]]:
    """Every block of the file, either as a question or as rejected; never raises, whatever the bytes."""
    return collect(blocks(data), _question)


@dataclass(slots=True)
class _Parts:
    """A block taken apart."""

    title: list[str] = field(default_factory=list)
    answer: list[str] | None = None
    options: list[list[str]] = field(default_factory=list)


def _question(line: int, block: list[bytes]) -> ImportedQuestion:
    """The question in a block. Raises Unusable."""
    if sum(map(len, block)) > MAX_BLOCK_BYTES:
        raise Unusable("the block is too long for a question")
    text = decode(b"\n".join(block))
    if "\x00" in text:
        raise Unusable("the block holds a NUL character")
    parts = _taken_apart(text.split("\n"))
    title = "\n".join(filter(None, parts.title))
    if not title:
        raise Unusable("the question is empty")
    if parts.answer is None:
        raise Unusable(
            "there is no correct answer (a line that begins with `^`); a blank line ends a question"
        )
    options = ["\n".join(filter(None, lines)) for lines in parts.options]
    usable(line, title, options, 0)  # its limits first: a reason that names the option helps more
    return usable(line, title, options, _correct(options, "\n".join(filter(None, parts.answer))))


def _taken_apart(lines: list[str]) -> _Parts:
    """Sort a block's lines. Up to `^` everything belongs to the question, also a line like `I am ___.`."""
    if not lines[0].lstrip().startswith("#Q"):
        raise Unusable("the block does not begin with `#Q`")
    parts = _Parts(title=[lines[0].lstrip().removeprefix("#Q").strip()])
    current = parts.title
    for raw in lines[1:]:
        line = raw.strip()
        if line.startswith("#Q"):
            raise Unusable("there are two questions in one block: put a blank line between them")
        if line.startswith("^"):
            if parts.answer is not None:
                raise Unusable("there are two correct answers (lines that begin with `^`)")
            current = parts.answer = [line.removeprefix("^").strip()]
        elif parts.answer is not None and (option := _OPTION.fullmatch(line)):
            expected = LETTERS[min(len(parts.options), 25)]
            if option[1] != expected:
                raise Unusable(f"option {option[1]} stands where option {expected} should be")
            current = [(option[2] or "").strip()]
            parts.options.append(current)
        else:
            current.append(line)
    return parts


def _correct(options: list[str], answer: str) -> int:
    """Which option the answer is: the same text, or else the same but for case and spaces. Raises Unusable."""
    if not answer:
        raise Unusable("the correct answer is empty")
    for form in (str, _loosely):
        matching = [place for place, option in enumerate(options) if form(option) == form(answer)]
        if len(matching) > 1:
            raise Unusable("the correct answer occurs twice among the options")
        if matching:
            return matching[0]
    raise Unusable("the correct answer is not among the options")


def _loosely(text: str) -> str:
    return " ".join(text.split()).casefold()
