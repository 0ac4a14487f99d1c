"""A quiz as a file that can be imported again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import msgspec
from openpyxl import Workbook

from web.exporting.workbooks import Sheet
from web.giving_way import giving_way
from web.importing.formats import QUIZ_FILE
from web.importing.own_json import FORMAT, VERSION, ExportedOption, ExportedQuestion

__all__ = ["as_json", "write_kahoot", "write_zip"]

_PICTURES = "media"

# Kahoot's own template: some lines about itself, the header in row 8, a number in the first column.
_KAHOOT_HEADER = (
    None,
    "Question - max 120 characters",
    *(f"Answer {number} - max 75 characters" for number in range(1, 5)),
    "Time limit (sec) – 5, 10, 20, 30, 60, 90, 120, or 240 secs",
    "Correct answer(s) - choose at least one",
)
_KAHOOT_HEADER_ROW = 8


class _Document(msgspec.Struct, frozen=True):
    format: str
    version: int
    title: str
    description: str
    tags: tuple[str, ...]
    questions: tuple[ExportedQuestion, ...]


def as_json(quiz: Mapping[str, Any], pictures: Mapping[str, str] | None = None) -> bytes:
    """The quiz as readable JSON. `pictures` holds the names of files in the zip by `image_url`."""
    document = _Document(
        FORMAT,
        VERSION,
        quiz["title"],
        quiz["description"],
        tuple(quiz["tags"]),
        tuple(_question(question, pictures or {}) for question in quiz["questions"]),
    )
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def write_zip(quiz: Mapping[str, Any], fetch: Callable[[str], bytes | None], file: IO[bytes]) -> None:
    """Write the quiz with its pictures, each fetched by its `image_url`; one that is gone is left out."""
    names: dict[str, str] = {}
    with ZipFile(file, "w") as archive:
        for url in dict.fromkeys(question["image_url"] for question in quiz["questions"]):
            if url and (picture := fetch(url)) is not None:
                names[url] = f"{_PICTURES}/{len(names) + 1}{PurePosixPath(url).suffix}"
                archive.writestr(ZipInfo(names[url]), picture)  # compressed already
        archive.writestr(ZipInfo(QUIZ_FILE), as_json(quiz, names), ZIP_DEFLATED)


def write_kahoot(quiz: Mapping[str, Any], file: IO[bytes]) -> None:
    """Write the quiz in Kahoot's layout. Explanations, weights and pictures have no place in it."""
    workbook = Workbook(write_only=True)
    sheet = Sheet(workbook, "Quiz")
    sheet.append((None, quiz["title"]))
    for _ in range(_KAHOOT_HEADER_ROW - 2):
        sheet.append(())
    sheet.append(_KAHOOT_HEADER)
    for number, question in enumerate(giving_way(quiz["questions"]), start=1):
        options = question["options"]
        texts = [option["text"] for option in options] + [None] * (4 - len(options))
        correct = next((place for place, option in enumerate(options, start=1) if option["is_correct"]), None)
        sheet.append((number, question["title"], *texts, question["time_limit_s"], correct))
    workbook.save(file)


def _question(question: Mapping[str, Any], pictures: Mapping[str, str]) -> ExportedQuestion:
    return ExportedQuestion(
        title=question["title"],
        options=tuple(ExportedOption(option["text"], option["is_correct"]) for option in question["options"]),
        explanation=question["explanation"],
        time_limit_s=question["time_limit_s"],
        weight=question["weight"],
        picture=pictures.get(question["image_url"] or ""),
    )
