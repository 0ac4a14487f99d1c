"""What an answer is worth, by every rule."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.scoring import NAMES, has_streak, name_of, penalty_of, rule_of
from workers.rules.errors import UnknownRule
from workers.rules.scoring import LONGEST_STREAK, Judged, points

RULES = ("flat/1", *NAMES.values())
judged = st.builds(
    Judged,
    correct=st.booleans(),
    elapsed_ms=st.integers(0, 10**9),
    weight=st.integers(0, 10),
    limit_ms=st.none() | st.integers(5, 300).map(lambda seconds: seconds * 1000),
    streak=st.integers(0, 12),
)


@pytest.mark.parametrize(
    ("rule", "elapsed_ms", "weight", "limit_s", "worth"),
    [
        ("flat/1", 9_000, 7, 10, 1),
        ("flat/2", 9_000, 1, 10, 1),
        ("flat/2", 9_000, 3, 10, 3),
        ("flat/2", 9_000, 0, 10, 0),
        # Kahoot's own example: after 2 of 30 seconds 967 of 1,000.
        ("speed/1", 2_000, 1, 30, 967),
        ("speed/1", 499, 1, 5, 1000),
        ("speed/1", 500, 1, 5, 950),
        ("speed/1", 5_000, 1, 5, 500),
        ("speed/1", 99_000, 1, 5, 500),
        ("speed/1", 10_000, 2, 20, 1500),
        ("speed/1", 0, 0, 20, 0),
        ("speed/1", 10_000, 1, None, 750),
        ("linear/1", 0, 1, 10, 1000),
        ("linear/1", 2_500, 1, 10, 750),
        ("linear/1", 10_000, 1, 10, 0),
        ("linear/1", 11_000, 1, 10, 0),
    ],
)
def test_a_correct_answer_by_hand(
    rule: str, elapsed_ms: int, weight: int, limit_s: int | None, worth: int
) -> None:
    limit_ms = None if limit_s is None else limit_s * 1000
    assert points(rule, Judged(True, elapsed_ms, weight, limit_ms)) == worth


@pytest.mark.parametrize(("streak", "bonus"), [(0, 0), (1, 100), (4, 400), (5, 500), (9, 500)])
def test_a_streak_earns_a_tenth_more_for_each_up_to_five(streak: int, bonus: int) -> None:
    answer = Judged(True, 20_000, 1, 20_000, streak)
    assert points("speed/1+streak/1", answer) == 500 + bonus
    assert points("linear/1+streak/1", answer) == bonus
    assert points("flat/2+streak/1", answer) == 1 + min(streak, LONGEST_STREAK)


@pytest.mark.parametrize(
    ("rule", "weight", "cost"),
    [
        ("speed/1+penalty50/1", 1, 500),
        ("speed/1+streak/1+penalty33/1", 2, 660),
        ("linear/1+penalty100/1", 3, 3000),
        ("linear/1+penalty1/1", 0, 0),
        ("flat/2+penalty50/1", 1, 1),
        ("flat/2+penalty49/1", 1, 0),
        ("flat/2+penalty25/1", 4, 1),
        ("flat/1+penalty100/1", 7, 1),
    ],
)
def test_a_wrong_answer_costs_its_part_of_the_full_points_however_fast_it_was(
    rule: str, weight: int, cost: int
) -> None:
    for elapsed_ms in (0, 99_000):
        assert points(rule, Judged(False, elapsed_ms, weight, 20_000, 3)) == -cost
        without = rule.rpartition("+")[0]
        right = Judged(True, elapsed_ms, weight, 20_000, 3)
        assert points(rule, right) == points(without, right)


@pytest.mark.parametrize(
    "rule",
    [
        "flat/9",
        "fast/1",
        "flat/2+luck/1",
        "streak/1",
        "penalty50/1",
        "flat/2+penalty50/2",
        "flat/2+penalty0/1",
        "flat/2+penalty101/1",
        "flat/2+penalty/1",
    ],
)
def test_an_unknown_rule_is_named(rule: str) -> None:
    with pytest.raises(UnknownRule, match=re.escape(rule)):
        points(rule, Judged(True))


@given(st.sampled_from(RULES), st.booleans(), judged)
def test_points_are_whole_never_negative_and_nothing_for_a_wrong_answer(
    rule: str, streak: bool, answer: Judged
) -> None:
    worth = points(rule + "+streak/1" * streak, answer)
    assert isinstance(worth, int)
    assert 0 <= worth <= 15_000
    if not answer.correct:
        assert worth == 0


@given(st.sampled_from(RULES), judged, st.integers(1, 10**6))
def test_being_slower_never_earns_more(rule: str, answer: Judged, later_ms: int) -> None:
    slower = Judged(
        answer.correct, answer.elapsed_ms + later_ms, answer.weight, answer.limit_ms, answer.streak
    )
    assert points(rule, slower) <= points(rule, answer)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("streak", [True, False])
@pytest.mark.parametrize("penalty", [0, 1, 50, 100])
def test_a_rule_tells_what_was_chosen(name: str, streak: bool, penalty: int) -> None:
    rule = rule_of(name, streak=streak, penalty_percent=penalty)
    assert (name_of(rule), has_streak(rule), penalty_of(rule)) == (name, streak, penalty)
    points(rule, Judged(True))
