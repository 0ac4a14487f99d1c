"""Our own JSON, as the export writes it; also a quiz as the API shows it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from web import limits
from web.importing.decoding import decode
from web.importing.pictures import is_picture
from web.importing.questions import ImportedQuestion, Parsed, Unreadable, Unusable, collect, usable

__all__ = ["FORMAT", "VERSION", "ExportedOption", "ExportedQuestion", "parse_own_json"]

FORMAT = "quizwire-quiz"
VERSION = 1
"""Rises when a reader of today could not make sense of the file any more; new fields alone do not count."""


class ExportedOption(msgspec.Struct, frozen=True):
    """One option."""

    text: str
    is_correct: bool = False


class ExportedQuestion(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question. Unknown fields (those of a later version, ids) are passed over."""

    title: str
    options: tuple[ExportedOption, ...]
    explanation: str | None = None
    time_limit_s: int | None = None
    weight: int = 1
    picture: Annotated[str, Meta(max_length=200)] | None = None  # name of a file in the zip


class _Document(msgspec.Struct, frozen=True):
    questions: list[msgspec.Raw]
    format: Literal["quizwire-quiz"] = "quizwire-quiz"
    version: Annotated[int, Meta(ge=1)] = VERSION
    title: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()


_document = msgspec.json.Decoder(_Document)
_exported = msgspec.json.Decoder(ExportedQuestion)


def parse_own_json(data: bytes, pictures: dict[str, bytes] | None = None) -> Parsed:
    """The quiz in the file, its questions numbered from 1. `pictures` are the files that came with it, by name.

    Raises Unreadable when this is no quiz of ours at all.
    """
    pictures = pictures or {}
    try:
        document = _document.decode(decode(data.removeprefix(b"\xef\xbb\xbf")))
    except msgspec.ValidationError as error:
        raise Unreadable(f"This JSON is no quiz of ours: {error}.") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Unreadable("The JSON file is damaged: check quotes and commas.") from None
    if document.version > VERSION:
        raise Unreadable(f"This quiz was written by a later version (its format is {document.version}).")
    questions, rejected = collect(
        enumerate(document.questions, start=1), lambda number, raw: _question(number, raw, pictures)
    )
    title = (document.title or "").strip()[: limits.MAX_TITLE_CHARS].strip()
    description = document.description.strip()[: limits.MAX_DESCRIPTION_CHARS].strip()
    return Parsed(questions, rejected, title or None, description, document.tags, pictures)


def _question(number: int, raw: msgspec.Raw, pictures: dict[str, bytes]) -> ImportedQuestion:
    try:
        read = _exported.decode(raw)
    except msgspec.ValidationError as error:
        raise Unusable(f"its JSON is not that of a question: {error}") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise Unusable("its JSON cannot be read") from None
    correct = [place for place, option in enumerate(read.options) if option.is_correct]
    if read.picture is not None:
        if read.picture not in pictures:
            raise Unusable("its picture is not in the file")
        if not is_picture(pictures[read.picture]):
            raise Unusable("its picture is no JPEG, PNG or WebP of at most 5 MiB")
    question = usable(
        number,
        read.title,
        [option.text for option in read.options],
        correct[0] if correct else -1,
        explanation=read.explanation,
        time_limit_s=read.time_limit_s,
        weight=read.weight,
        picture=read.picture,
    )
    if len(correct) != 1:
        raise Unusable(f"exactly one option must be correct, not {len(correct)}")
    return question
