"""Aiken: the question, its options in order, and the letter of the answer.

    What is the capital of Australia?
    A. Sydney
    B) Canberra
    ANSWER: B

A question ends with its `ANSWER:` line; blank lines are welcome around it, and allowed before its options.
Source: https://docs.moodle.org/en/Aiken_format
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from web.importing.blocks import MAX_BLOCK_BYTES
from web.importing.blocks import blocks as paragraphs
from web.importing.decoding import decode
from web.importing.questions import LETTERS, ImportedQuestion, Rejected, Unusable, collect, usable

__all__ = ["blocks", "parse_aiken"]

_OPTION = re.compile(r"([A-Z])[.)][ \t]+(.*)", re.DOTALL)
_OPTION_START = re.compile(rb"\s*[A-Z][.)][ \t]")
_ANSWER = re.compile(rb"\s*ANSWER:", re.IGNORECASE)


def parse_aiken(data: bytes) -> tuple[list[ImportedQuestion], list[Rejected]]:
    """Every block of the file, either as a question or as rejected; never raises, whatever the bytes."""
    return collect(blocks(data), _question)


def blocks(data: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """`(number of the first line, lines)` of each question, or what looks most like one."""
    block: list[bytes] = []
    start = 1
    for first, lines in paragraphs(data):
        for number, line in enumerate(lines, start=first):
            belongs = bool(_OPTION_START.match(line) or _ANSWER.match(line))
            # After a blank line, or after options, other text begins a new question.
            if block and not belongs and (number == first or _OPTION_START.match(block[-1])):
                yield start, block
                block = []
            if not block:
                start = number
            block.append(line)
            if _ANSWER.match(line):
                yield start, block
                block = []
    if block:
        yield start, block


def _question(line: int, block: list[bytes]) -> ImportedQuestion:
    """The question in a block. Raises Unusable."""
    if sum(map(len, block)) > MAX_BLOCK_BYTES:
        raise Unusable("the block is too long for a question")
    *lines, last = [row.strip() for row in decode(b"\n".join(block)).split("\n")]
    if not _ANSWER.match(last.encode(errors="replace")):
        raise Unusable("there is no correct answer (a line `ANSWER: B`)")
    title: list[str] = []
    options: list[str] = []
    for row in lines:
        if option := _OPTION.fullmatch(row):
            expected = LETTERS[min(len(options), 25)]
            if option[1] != expected:
                raise Unusable(f"option {option[1]} stands where option {expected} should be")
            options.append(option[2])
        else:
            title.append(row)
    letter = last.partition(":")[2].strip().upper()
    if len(letter) != 1 or letter not in LETTERS:
        raise Unusable("the answer is not one letter")
    question = usable(line, "\n".join(title), options, LETTERS.index(letter))
    if LETTERS.index(letter) >= len(options):
        raise Unusable(f"the answer is {letter}, but there is no such option")
    return question
