"""Quizzes as files: what is exported can be imported, and no cell is a formula."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from db.nicknames import is_blank
from web.exporting.quizzes import as_json, write_kahoot, write_zip
from web.importing.formats import detect, parse
from web.importing.questions import ImportedQuestion, Parsed

PNG = b"\x89PNG\r\n\x1a\n"

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=12)
TRIMMED = (
    st.one_of(TEXT, st.sampled_from(["=1+1", "#N/A", "-1", "@a", "12", "TRUE", "_x0041_", "a\r\nb"]))
    .map(str.strip)
    .filter(lambda text: not is_blank(text))
)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    texts = draw(st.lists(TRIMMED, min_size=2, max_size=4))
    correct = draw(st.integers(0, len(texts) - 1))
    return {
        "title": draw(TRIMMED),
        "explanation": draw(st.none() | TRIMMED),
        "time_limit_s": draw(st.none() | st.integers(5, 300)),
        "weight": draw(st.integers(0, 10)),
        "image_url": draw(st.none() | st.sampled_from(["/media/a.webp", "/media/b.webp"])),
        "options": [{"text": text, "is_correct": place == correct} for place, text in enumerate(texts)],
    }


QUIZZES = st.fixed_dictionaries(
    {
        "title": TRIMMED,
        "description": TRIMMED,
        "tags": st.just(["history"]),
        "questions": st.lists(questions(), max_size=4),
    }
)
ODD: dict[str, Any] = {
    "title": "=1",
    "description": "",
    "tags": [],
    "questions": [
        {
            "title": "=HYPERLINK(1)",
            "explanation": None,
            "time_limit_s": None,
            "weight": 1,
            "image_url": None,
            "options": [{"text": text, "is_correct": text == "=2"} for text in ("#REF!", "=2", "+3", "＝4")],
        }
    ],
}


def read(data: bytes, expected: str) -> Parsed:
    assert detect(data) == expected
    parsed = parse(data, expected)  # type: ignore[arg-type]
    assert parsed.rejected == []
    return parsed


def whole(question: ImportedQuestion) -> tuple[Any, ...]:
    return (*shown(question), question.explanation, question.weight)


def shown(question: ImportedQuestion) -> tuple[Any, ...]:
    return question.title, [(o.text, o.is_correct) for o in question.options], question.time_limit_s


def expected_of(question: dict[str, Any]) -> tuple[Any, ...]:
    options = [(option["text"], option["is_correct"]) for option in question["options"]]
    return question["title"], options, question["time_limit_s"], question["explanation"], question["weight"]


@given(QUIZZES)
@example(ODD)
def test_json_comes_back_whole(quiz: dict[str, Any]) -> None:
    parsed = read(as_json(quiz), "json")
    assert (parsed.title, parsed.description, list(parsed.tags)) == (
        quiz["title"],
        quiz["description"],
        quiz["tags"],
    )
    assert [whole(question) for question in parsed.questions] == [expected_of(q) for q in quiz["questions"]]


@given(QUIZZES)
def test_a_zip_comes_back_with_its_pictures(quiz: dict[str, Any]) -> None:
    pictures = {"/media/a.webp": PNG + b"a", "/media/b.webp": None}  # the second one is gone
    file = BytesIO()
    write_zip(quiz, pictures.get, file)
    parsed = read(file.getvalue(), "zip")
    assert [whole(question) for question in parsed.questions] == [expected_of(q) for q in quiz["questions"]]
    found = [q.picture and parsed.pictures[q.picture] for q in parsed.questions]
    assert found == [pictures.get(question["image_url"]) for question in quiz["questions"]]


def plain(text: str) -> str:
    """The text without what XML cannot hold."""
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in kept if (c >= " " and c not in "\ufffe\uffff") or c in "\t\n").strip()


@settings(max_examples=40, deadline=None)
@given(QUIZZES)
@example(ODD)
def test_kahoots_spreadsheet_comes_back_but_for_what_it_has_no_place_for(quiz: dict[str, Any]) -> None:
    for question in quiz["questions"]:
        question["title"] = plain(question["title"]) or "q"
        for option in question["options"]:
            option["text"] = plain(option["text"]) or "o"
    file = BytesIO()
    write_kahoot(quiz, file)
    if not quiz["questions"]:
        return
    parsed = read(file.getvalue(), "xlsx")
    assert [shown(question) for question in parsed.questions] == [
        expected_of(q)[:3] for q in quiz["questions"]
    ]
    assert [question.line for question in parsed.questions] == list(range(9, 9 + len(quiz["questions"])))


def test_no_cell_of_the_spreadsheet_is_a_formula() -> None:
    file = BytesIO()
    write_kahoot(ODD, file)
    sheet = load_workbook(file).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert {cell.data_type for cell in cells} == {"s"}
    risky = [cell for cell in cells if str(cell.value).startswith(("=", "#", "+", "＝"))]
    assert len(risky) == 6
    assert all(cell.quotePrefix for cell in risky)
