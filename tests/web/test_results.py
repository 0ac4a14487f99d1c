"""Statistics and standings, computed from plain values."""

from __future__ import annotations

import pytest

from bus.messages import Option, Question, Quiz
from web.results import AnswerGiven, Totals, participant_result, question_result

OPTIONS = (Option("A", "=1+1"), Option("B", "two"))
QUIZ = Quiz("q", "Sums", (Question("q1", "1 + 1?", OPTIONS, "B"), Question("q2", "-3?", OPTIONS, "A")))
FIRST = [
    AnswerGiven("p1", "q1", "B", True, 1, 1009),
    AnswerGiven("p2", "q1", "B", True, 1, 2000),
    AnswerGiven("p3", "q1", "A", False, 0, 500),
]


def test_a_question_is_counted() -> None:
    result = question_result(QUIZ.questions[0], FIRST)
    assert (result.counts, result.answers, result.correct_option) == ({"A": 1, "B": 2}, 3, "B")
    assert result.correct_rate == pytest.approx(2 / 3)
    assert result.median_time_ms == 1009


def test_nobody_answered() -> None:
    result = question_result(QUIZ.questions[0], [])
    assert (result.counts, result.correct_rate, result.median_time_ms) == ({"A": 0, "B": 0}, None, None)


def test_equal_scores_share_a_rank_and_less_time_comes_first() -> None:
    totals = Totals({name: name for name in "abcd"})
    for answer in (
        AnswerGiven("a", "q1", "B", True, 1, 100),
        AnswerGiven("a", "q2", "A", True, 1, 109),
        AnswerGiven("b", "q1", "B", True, 1, 120),
        AnswerGiven("c", "q1", "B", True, 1, 90),
        AnswerGiven("d", "q1", "A", False, 0, 1),
    ):
        totals.add(answer)
    assert [(rank, e.participant_id, e.score, e.time_ms) for rank, e in totals.ranked()] == [
        (1, "a", 2, 200),
        (2, "c", 1, 90),
        (2, "b", 1, 120),
        (4, "d", 0, 0),
    ]


def test_a_penalty_takes_from_the_score_but_never_below_nothing() -> None:
    totals = Totals({name: name for name in "ab"})
    for answer in (
        AnswerGiven("a", "q1", "A", False, -500, 100),
        AnswerGiven("a", "q2", "A", True, 800, 100),
        AnswerGiven("b", "q1", "A", False, -500, 100),
    ):
        totals.add(answer)
    assert [(e.participant_id, e.score, e.time_ms) for _, e in totals.ranked()] == [
        ("a", 300, 100),
        ("b", 0, 0),
    ]


def test_answers_come_in_the_order_of_the_questions() -> None:
    ((rank, entry),) = Totals({"a": "Ada"}).ranked()
    given = [AnswerGiven("a", "q2", "A", True, 1, 1), AnswerGiven("a", "q1", "B", True, 1, 1)]
    result = participant_result(QUIZ, rank, entry, given)
    assert [answer.question_id for answer in result.answers] == ["q1", "q2"]
