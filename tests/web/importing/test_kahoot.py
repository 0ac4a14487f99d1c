"""Kahoot's spreadsheet."""

from __future__ import annotations

import zipfile
from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from web.importing import kahoot
from web.importing.kahoot import parse_kahoot
from web.importing.questions import TooLarge, Unreadable

HEADER = (
    None,
    "Question - max 120 characters",
    *(f"Answer {number} - max 75 characters" for number in range(1, 5)),
    "Time limit (sec) – 5, 10, 20, 30, 60, 90, 120, or 240 secs",
    "Correct answer(s) - choose at least one",
)


def workbook(*rows: Any, header: Any = HEADER, above: int = 7) -> bytes:
    """A file like Kahoot's template, whose questions begin in row `above` + 2."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["B2"] = "Quiz template"
    for place, row in enumerate([header, *rows], start=above + 1):
        for column, value in enumerate(row, start=1):
            sheet.cell(place, column, value)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def test_rows_become_questions() -> None:
    parsed = parse_kahoot(
        workbook(
            (1, " What? ", "a", "b", "c", None, 20, 2),
            (2, "How many?", 1, 2.5, 30.0, True, None, "3"),
            (3, "With a gap?", "a", None, "c", None, "60", 3.0),
            (4, None, None, None, None, None, 20, None),
            (5, "When?", datetime(2020, 1, 2), "b", None, None, 5, 1),
        )
    )
    assert parsed.rejected == []
    assert [(q.line, q.title, q.time_limit_s) for q in parsed.questions] == [
        (9, "What?", 20),
        (10, "How many?", None),
        (11, "With a gap?", 60),
        (13, "When?", 5),
    ]
    assert [[o.text for o in q.options] for q in parsed.questions[:3]] == [
        ["a", "b", "c"],
        ["1", "2.5", "30", "True"],
        ["a", "c"],
    ]
    assert [[o.text for o in q.options if o.is_correct] for q in parsed.questions[:3]] == [
        ["b"],
        ["30"],
        ["c"],
    ]


def test_the_header_is_found_wherever_its_columns_are() -> None:
    header = ("Correct answer(s)", "ANSWER 2", "answer1", "Question")
    parsed = parse_kahoot(workbook((1, "two", "one", "q"), header=header, above=0))
    assert [(q.line, [o.text for o in q.options if o.is_correct]) for q in parsed.questions] == [(2, ["one"])]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((1, "q", "a", "b", None, None, 20, None), "no correct answer"),
        ((1, "q", "a", "b", None, None, 20, "1,2"), "2 answers are correct"),
        ((1, "q", "a", "b", None, None, 20, 3), "not the number of one of its answers"),
        ((1, "q", "a", "b", None, None, 20, "a"), "not the number of one of its answers"),
        ((1, "q", "a", None, None, None, 20, 1), "1 options"),
        ((1, None, "a", "b", None, None, 20, 1), "question is empty"),
        ((1, "q", "a", "b", None, None, 4, 1), "time limit is not 5 to 300"),
        ((1, "q", "a", "b", None, None, "soon", 1), "not a whole number"),
        ((1, "q" * 2001, "a", "b", None, None, 20, 1), "longer than 2,000"),
        (
            (1, "q", "a", "=1+1", None, None, 20, 2),
            "not the number",
        ),  # a formula nobody has calculated is empty
    ],
)
def test_a_row_that_is_no_question_is_rejected_by_its_number(row: Any, expected: str) -> None:
    parsed = parse_kahoot(workbook((1, "ok", "a", "b", None, None, 20, 1), row))
    assert [q.line for q in parsed.questions] == [9]
    assert [block.line for block in parsed.rejected] == [10]
    assert expected in parsed.rejected[0].reason


def test_a_workbook_without_the_header_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="header"):
        parse_kahoot(workbook((1, "q", "a", "b"), header=("Name", "Age")))


def replaced(data: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one of its parts exchanged."""
    stream = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            new.writestr(entry, content if entry == name else old.read(entry))
    return stream.getvalue()


def test_bombs_of_any_kind_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    good = workbook((1, "q", "a", "b", None, None, 20, 1))
    sheet = "xl/worksheets/sheet1.xml"
    with pytest.raises(TooLarge):  # by its bytes
        parse_kahoot(replaced(good, sheet, b" " * (32 * 1024 * 1024)))
    with pytest.raises(TooLarge):  # by its tags
        parse_kahoot(replaced(good, sheet, b"<c/>" * 2_000_001))
    laughs = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><worksheet><a>&b;</a></worksheet>'
    with pytest.raises(Unreadable):  # by its entities
        parse_kahoot(replaced(good, sheet, laughs))
    far = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    far += b'<row r="1"><c r="A1"><v>1</v></c></row><row r="999999999"><c r="A999999999"><v>1</v></c></row>'
    with pytest.raises(TooLarge):  # by its rows
        parse_kahoot(replaced(good, sheet, far + b"</sheetData></worksheet>"))
    monkeypatch.setattr(kahoot, "MAX_TAGS", 10)
    with pytest.raises(TooLarge):
        parse_kahoot(good)


CELL = (
    st.none()
    | st.text(max_size=4)
    | st.integers(-1, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(CELL, min_size=8, max_size=8), max_size=5))
def test_every_row_of_any_cells_is_imported_or_rejected(rows: list[list[Any]]) -> None:
    try:
        data = workbook(*rows)
    except Exception:
        return  # openpyxl writes no control characters
    parsed = parse_kahoot(data)
    places = sorted([q.line for q in parsed.questions] + [r.line for r in parsed.rejected])
    filled = [place for place, row in enumerate(rows, start=9) if any(_seen(cell) for cell in row[1:6])]
    assert places == filled


def _seen(cell: Any) -> bool:
    if isinstance(cell, str):
        # As a formula, which nobody has calculated, it shows nothing.
        return bool(cell.strip()) and not (cell.startswith("=") and len(cell) > 1)
    return cell is not None


GOOD = workbook((1, "q", "a", "b", None, None, 20, 1))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(zipfile.ZipFile(BytesIO(GOOD)).namelist()), st.integers(0, 4000), st.binary(max_size=30)
)
def test_a_damaged_workbook_is_read_or_unreadable(name: str, place: int, damage: bytes) -> None:
    with zipfile.ZipFile(BytesIO(GOOD)) as archive:
        part = archive.read(name)
    place %= len(part)
    try:
        parse_kahoot(replaced(GOOD, name, part[:place] + damage + part[place + len(damage) :]))
    except Unreadable as reason:
        assert str(reason)
