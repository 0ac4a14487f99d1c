"""Kahoot's spreadsheet: a header row somewhere at the top, then one question per row.

    | Question | Answer 1 | Answer 2 | Answer 3 | Answer 4 | Time limit (sec) | Correct answer(s) |
    |----------|----------|----------|----------|----------|------------------|-------------------|
    | 1 + 1?   | 1        | 2        | 3        |          | 20               | 2                 |

The columns are found by the first words of their headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from openpyxl import load_workbook

from web.giving_way import giving_way
from web.importing.questions import ImportedQuestion, Parsed, TooLarge, Unreadable, Unusable, collect, usable
from web.importing.unpacking import repacked, unpacked

__all__ = ["parse_kahoot"]

MAX_TAGS = 2_000_000
"""In all XML of a workbook: 10,000 questions need some 600,000. Each costs microseconds, however short."""
MAX_ROWS = 40_000
MAX_COLUMNS = 30
HEADER_ROWS = 50
"""The header is looked for so far down; in Kahoot's own template it is row 8."""

_Row = tuple[Any, ...]
_HEADERS = {
    "question": re.compile(r"question\b"),
    "1": re.compile(r"answer\s*1\b"),
    "2": re.compile(r"answer\s*2\b"),
    "3": re.compile(r"answer\s*3\b"),
    "4": re.compile(r"answer\s*4\b"),
    "time": re.compile(r"time\b"),
    "correct": re.compile(r"correct\b"),
}
_NEEDED = {"question", "1", "2", "correct"}


def parse_kahoot(data: bytes) -> Parsed:
    """Every row below the header that is not empty, as a question or as rejected. Raises Unreadable, TooLarge."""
    files = unpacked(data, "XLSX")
    if sum(content.count(b"<") for content in files.values()) > MAX_TAGS:
        raise TooLarge(f"The workbook is too large: at most {MAX_TAGS:,} tags of XML.")
    try:
        rows = list(_rows(files))
    except Unreadable:
        raise
    except Exception:  # openpyxl answers a damaged file with whatever it stumbles over
        raise Unreadable("The XLSX file is damaged: save it again as .xlsx.") from None
    if len(rows) > MAX_ROWS:
        raise TooLarge(f"The workbook is too large: at most {MAX_ROWS:,} rows.")
    header, columns = _header(rows)
    questions, rejected = collect(_filled(enumerate(rows, start=1), header, columns), _question)
    return Parsed(questions, rejected)


def _rows(files: dict[str, bytes]) -> Iterator[_Row]:
    """The rows of the first sheet, from the top."""
    workbook = load_workbook(repacked(files), read_only=True, data_only=True, keep_links=False)
    try:
        sheet = workbook.worksheets[0]
        rows = sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS, values_only=True)
        yield from giving_way(islice(rows, MAX_ROWS + 1))
    finally:
        workbook.close()


def _header(rows: list[_Row]) -> tuple[int, dict[str, int]]:
    """`(row number, place of each column)`. Raises Unreadable."""
    for number, row in enumerate(rows[:HEADER_ROWS], start=1):
        columns: dict[str, int] = {}
        for place, cell in enumerate(row):
            text = _text(cell).casefold()
            for name, pattern in _HEADERS.items():
                if pattern.match(text):
                    columns.setdefault(name, place)
        if columns.keys() >= _NEEDED:
            return number, columns
    raise Unreadable(
        "The workbook has no header row with Question, Answer 1 to Answer 4, Time limit and Correct answer(s)."
    )


def _filled(
    rows: Iterable[tuple[int, _Row]], header: int, columns: dict[str, int]
) -> Iterator[tuple[int, dict[str, str]]]:
    """`(row number, texts by column)` of every row below the header with a question or an answer in it."""
    for number, row in rows:
        texts = {name: _text(row[place]) for name, place in columns.items()}
        if number > header and any(texts.get(name) for name in ("question", "1", "2", "3", "4")):
            yield number, texts


def _question(row: int, texts: dict[str, str]) -> ImportedQuestion:
    """Raises Unusable."""
    options = {key: texts[key] for key in "1234" if texts.get(key)}
    chosen = [part for part in re.split(r"[\s,;]+", texts["correct"]) if part]
    if not chosen:
        raise Unusable("there is no correct answer")
    if len(chosen) > 1:
        raise Unusable(f"{len(chosen)} answers are correct, only one is possible")
    if chosen[0] not in options:
        raise Unusable(f"the correct answer {chosen[0][:20]!r} is not the number of one of its answers")
    limit = texts.get("time") or None
    if limit is not None and not re.fullmatch(r"[0-9]{1,5}", limit):
        raise Unusable("the time limit is not a whole number of seconds")
    return usable(
        row,
        texts["question"],
        list(options.values()),
        list(options).index(chosen[0]),
        time_limit_s=None if limit is None else int(limit),
    )


def _text(cell: Any) -> str:
    """What the spreadsheet shows, nearly: a whole number has no point."""
    match cell:
        case None:
            return ""
        case str():
            return cell.strip()
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime() | date() | time():
            return cell.isoformat()
        case _:
            return str(cell)
