"""Results and their spreadsheet, computed from plain values."""

from __future__ import annotations

import csv
import io

import pytest

from bus.messages import Option, Question, Quiz
from web.results import AnswerGiven, results
from web.spreadsheet import COLUMNS, as_csv

OPTIONS = (Option("A", "=1+1"), Option("B", "two"))
QUIZ = Quiz("q", "Sums", (Question("q1", "1 + 1?", OPTIONS, "B"), Question("q2", "-3?", OPTIONS, "A")))
NAMES = {"p1": "Ada", "p2": "=cmd()", "p3": "Bob", "p4": "late"}
ANSWERS = [
    AnswerGiven("p1", "q1", "B", True, 1, 1009),
    AnswerGiven("p2", "q1", "B", True, 1, 2000),
    AnswerGiven("p3", "q1", "A", False, 0, 500),
    AnswerGiven("p1", "q2", "A", True, 1, 300),
    AnswerGiven("kicked", "q1", "A", False, 0, 100),
]


def test_questions_are_counted() -> None:
    (first, second), _ = results(QUIZ, NAMES, ANSWERS)
    assert (first.counts, first.answers, first.correct_option) == ({"A": 1, "B": 2}, 3, "B")
    assert first.correct_rate == pytest.approx(2 / 3)
    assert first.median_time_ms == 1009
    assert (second.counts, second.answers) == ({"A": 1, "B": 0}, 1)


def test_nobody_answered() -> None:
    (first, _), participants = results(QUIZ, {}, [])
    assert (first.counts, first.correct_rate, first.median_time_ms) == ({"A": 0, "B": 0}, None, None)
    assert participants == ()


def test_equal_scores_share_a_rank() -> None:
    names = {name: name for name in "abcd"}
    given = [AnswerGiven("a", "q1", "B", True, 1, 100), AnswerGiven("a", "q2", "A", True, 1, 100)]
    given += [AnswerGiven("c", "q1", "B", True, 1, 90), AnswerGiven("b", "q1", "B", True, 1, 120)]
    _, participants = results(QUIZ, names, given)
    assert [(p.participant_id, p.score, p.rank) for p in participants] == [
        ("a", 2, 1),
        ("c", 1, 2),
        ("b", 1, 2),
        ("d", 0, 4),
    ]


def test_the_spreadsheet_has_a_line_for_every_answer() -> None:
    _, participants = results(QUIZ, NAMES, ANSWERS)
    rows = list(csv.DictReader(io.StringIO(as_csv(QUIZ, participants))))
    assert tuple(rows[0]) == COLUMNS
    assert [(r["nickname"], r["question_number"], r["correct"], r["points"]) for r in rows] == [
        ("Ada", "1", "yes", "1"),
        ("Ada", "2", "yes", "1"),
        ("'=cmd()", "1", "yes", "1"),
        ("Bob", "1", "no", "0"),
        ("late", "", "", ""),
    ]
    assert (rows[1]["question"], rows[1]["answer"]) == ("'-3?", "'=1+1")


@pytest.mark.parametrize("name", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "  =1", "＝1", "\n=1", "\xa0=1"])
def test_no_cell_is_a_formula(name: str) -> None:
    _, participants = results(QUIZ, {"p": name}, [])
    (row,) = csv.DictReader(io.StringIO(as_csv(QUIZ, participants), newline=""))
    assert row["nickname"] == f"'{name}"
