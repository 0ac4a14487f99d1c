r"""Moodle's GIFT: blocks divided by blank lines, with the answers in braces.

    // a comment
    $CATEGORY: Geography
    ::Capitals:: What is the capital of Australia? {
        ~Sydney # the largest city
        =Canberra
        ~%50%Melbourne
        #### It was founded in 1913.
    }

    The sun is a star. {TRUE}

Multiple choice and true/false are questions of ours; the other types are rejected by name. `\~ \= \# \{ \} \:` are
these characters, `\n` is a new line. As in Moodle's own importer, answers inside the text leave `_____` behind.
Source: https://docs.moodle.org/en/GIFT_format
"""

from __future__ import annotations

import html
import re

from web.importing.blocks import MAX_BLOCK_BYTES, blocks
from web.importing.decoding import decode
from web.importing.questions import ImportedQuestion, Rejected, Unusable, collect, usable

__all__ = ["parse_gift"]

_ESCAPE = re.compile(r"\\([\\~=#{}:n])")
# Escaped characters wait as half surrogates, which no decoded text holds, until the block is taken apart.
_HIDDEN = {ord(character): 0xD800 + ord(character) for character in "\\~=#{}:n"}
_SHOWN = {0xD800 + ord(character): character for character in "\\~=#{}:"} | {0xD800 + ord("n"): "\n"}

_NAME = re.compile(r"::.*?::", re.DOTALL)
_FORMAT = re.compile(r"\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_ANSWER = re.compile(r"~=|[~=]")
_WEIGHT = re.compile(r"%(-?[0-9]{1,3}(?:\.[0-9]*)?)%")
_TRUTH = {"T": True, "TRUE": True, "F": False, "FALSE": False}

_LINE_BREAK = re.compile(r"<\s*(?:br|/p|/div|/li|/h[1-6])\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[!/a-z][^<>]*>", re.IGNORECASE)


def parse_gift(data: bytes) -> tuple[list[ImportedQuestion], list[Rejected]]:
    """Every block that is more than comments and categories, as a question or as rejected; never raises."""
    return collect(((line, block) for line, block in blocks(data) if _content(block)), _question)


def _content(block: list[bytes]) -> list[bytes]:
    """The lines that are neither comments nor a category."""
    return [line for line in block if not line.strip().startswith((b"//", b"$CATEGORY:"))]


def _question(line: int, block: list[bytes]) -> ImportedQuestion:
    """The question in a block. Raises Unusable."""
    if sum(map(len, block)) > MAX_BLOCK_BYTES:
        raise Unusable("the block is too long for a question")
    text = "\n".join(row.strip() for row in decode(b"\n".join(_content(block))).split("\n"))
    text = _ESCAPE.sub(lambda found: found[1].translate(_HIDDEN), text)
    text = _NAME.sub("", text, count=1) if text.startswith("::") else text
    before, opening, rest = text.partition("{")
    answers, closing, after = rest.partition("}")
    if not opening and "}" not in text:
        raise Unusable("a description without answers is not a question")
    if not opening or not closing or "}" in before or "{" in answers:
        raise Unusable("the braces around the answers do not match")
    if "{" in after or "}" in after:
        raise Unusable("there is more than one group of answers")
    title = f"{before}_____{after}" if after.strip() else before
    style, title = _styled(title, "")
    answers, _, general = answers.rpartition("####") if "####" in answers else (answers, "", "")
    return _taken_apart(line, title, answers.strip(), _text(general, style), style)


def _taken_apart(line: int, title: str, answers: str, general: str, style: str) -> ImportedQuestion:
    """From the text between the braces; `general` is the feedback for everybody."""
    head, *feedback = answers.split("#", 2)
    truth = _TRUTH.get(head.strip().upper())
    if truth is not None:
        # The first feedback is for who is wrong, the second for who is right.
        right = _text(feedback[1], style) if len(feedback) == 2 else ""
        return usable(line, title, ("True", "False"), 0 if truth else 1, explanation=_joined(general, right))
    if "~" not in answers:
        raise Unusable(_other_type(answers))
    places = [found.start() for found in _ANSWER.finditer(answers)]
    if answers[: places[0]].strip():
        raise Unusable("there is text before the first answer")
    pieces = [answers[start:end] for start, end in zip(places, [*places[1:], None], strict=True)]
    weights, texts, comments = zip(*(_answer(piece, style) for piece in pieces), strict=True)
    correct = [place for place, weight in enumerate(weights) if weight == 100]
    if not correct:
        raise Unusable("no answer alone is fully correct (`=` or 100 %)")
    if len(correct) > 1:
        raise Unusable(f"{len(correct)} answers are fully correct, only one is possible")
    return usable(line, title, texts, correct[0], explanation=_joined(general, comments[correct[0]]))


def _answer(piece: str, style: str) -> tuple[float, str, str]:
    """`(percent, text, feedback)` of one answer with its sign."""
    percent = 100.0 if piece.startswith(("=", "~=")) else 0.0
    body = piece.lstrip("~=").strip()
    if weight := _WEIGHT.match(body):
        percent = float(weight[1])
        body = body[weight.end() :]
    text, _, feedback = body.partition("#")
    return percent, _text(text, style), _text(feedback, style)


def _other_type(answers: str) -> str:
    if not answers:
        return "an essay question has no options"
    if answers.startswith("#"):
        return "a numerical question has no options"
    if "=" in answers and "->" in answers:
        return "a matching question has no single correct option"
    return "a short answer question has no wrong options"


def _styled(text: str, style: str) -> tuple[str, str]:
    """`(style, text)`: a text may say how it is written, else it is as the text around it."""
    text = text.strip()
    if found := _FORMAT.match(text):
        style, text = found[1].lower(), text[found.end() :]
    if style == "html":
        text = html.unescape(_TAG.sub("", _LINE_BREAK.sub("\n", text)))
    return style, text.translate(_SHOWN).strip()


def _text(text: str, style: str) -> str:
    return _styled(text, style)[1]


def _joined(*texts: str) -> str:
    return "\n".join(filter(None, texts))
