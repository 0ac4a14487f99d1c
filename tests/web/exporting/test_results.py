"""Results as a table, safe to open."""

from __future__ import annotations

import pytest

from bus.messages import Option, Question, Quiz
from web.exporting.results import COLUMNS, answer_rows, harmless
from web.results import GivenAnswer, ParticipantResult

OPTIONS = (Option("A", "one"), Option("B", "two"))
QUIZ = Quiz("q", "Sums", (Question("q1", "1 + 1?", OPTIONS, "B"), Question("q2", "-3?", OPTIONS, "A")))


def test_there_is_a_row_for_every_answer_and_for_who_gave_none() -> None:
    given = (GivenAnswer("q1", "B", True, 1, 100, 40), GivenAnswer("q2", "B", False, 0, 200, 0))
    people = [
        ParticipantResult("p1", "Ada", 1, 1, 100, given),
        ParticipantResult("p2", "late", 0, 2, 0, ()),
    ]
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in answer_rows(QUIZ, people)]
    assert [(r["nickname"], r["question"], r["answer"], r["correct"], r["points"]) for r in rows] == [
        ("Ada", "1 + 1?", "two", "yes", 1),
        ("Ada", "-3?", "two", "no", 0),
        ("late", None, None, None, None),
    ]
    assert [(r["elapsed_ms"], r["latency_ms"]) for r in rows] == [(100, 40), (200, 0), (None, None)]


@pytest.mark.parametrize(
    "text",
    ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "  =1", "\n=1", "\xa0=1", "＝1", "＋1", "－1", "＠a", "　＝1"],
)
def test_no_text_is_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "1-1", "Ada", "'=1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text
