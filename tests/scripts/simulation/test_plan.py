"""The seeded plan: the same seed plays the same session."""

from __future__ import annotations

from collections import Counter

import pytest

from scripts.simulation.plan import Plan, demo_quiz

KEYS = ["A", "B", "C", "D"]


def everything(plan: Plan) -> list[tuple[str, str, float]]:
    return [
        (plan.nickname(n), plan.option(n, q, KEYS), plan.thinking(n, q)) for n in range(20) for q in range(20)
    ]


def test_the_same_seed_plans_the_same() -> None:
    plan = Plan(7, "realistic")
    assert everything(plan) == everything(Plan(7, "realistic"))
    assert everything(plan) != everything(Plan(8, "realistic"))


def test_a_plan_does_not_depend_on_the_order_it_is_asked_in() -> None:
    forwards = [Plan(1).option(n, 3, KEYS) for n in range(50)]
    backwards = [Plan(1).option(n, 3, KEYS) for n in reversed(range(50))]
    assert forwards == backwards[::-1]


def test_nicknames_are_unique_and_short_enough() -> None:
    names = {Plan(1).nickname(n) for n in range(5000)}
    assert len(names) == 5000
    assert max(map(len, names)) <= 32


def test_all_options_are_chosen_about_equally_often() -> None:
    chosen = Counter(Plan(1).option(n, q, KEYS) for n in range(100) for q in range(20))
    assert all(400 < chosen[key] < 600 for key in KEYS)


def test_a_full_pace_does_not_think() -> None:
    assert Plan(1, "full", (5.0, 9.0)).thinking(1, 1) == 0.0


def test_thinking_stays_within_its_bounds_and_the_time_limit() -> None:
    plan = Plan(1, "realistic", (0.5, 6.0))
    times = [plan.thinking(n, 1) for n in range(200)]
    assert all(0.5 <= time <= 6.0 for time in times)
    assert max(times) - min(times) > 3
    assert max(plan.thinking(n, 1, 2.0) for n in range(200)) == 2.0 * 0.8


@pytest.mark.parametrize("questions", [None, 3, 30])
def test_a_demo_quiz_is_long_enough_and_has_one_correct_option_each(questions: int | None) -> None:
    quiz = demo_quiz(1, questions)
    assert len(quiz["questions"]) >= (questions or 1)
    for question in quiz["questions"]:
        texts = [option["text"] for option in question["options"]]
        assert len(set(texts)) == len(texts) >= 2
        assert sum(option["is_correct"] for option in question["options"]) == 1
