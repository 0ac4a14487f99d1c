"""What scoring knows of a session's questions."""

from __future__ import annotations

import pytest

from bus.messages import Option, Question, Quiz, Timing
from workers.answer_key import answer_key
from workers.rules.scoring import points

OPTIONS = (Option("A", "yes"), Option("B", "no"))
QUIZ = Quiz(
    "quiz",
    "Limits",
    (Question("own", "?", OPTIONS, "A", time_limit_s=30), Question("none", "?", OPTIONS, "A")),
)


@pytest.mark.parametrize(
    ("timing", "own_ms", "none_ms"), [(None, 30_000, None), (Timing(answer_s=60), 30_000, 60_000)]
)
def test_in_timed_pacing_a_question_without_a_limit_of_its_own_has_that_of_the_timing(
    timing: Timing | None, own_ms: int, none_ms: int | None
) -> None:
    key = answer_key(QUIZ, "linear/1", None, timing)
    assert [key.questions[one].limit_ms for one in ("own", "none")] == [own_ms, none_ms]


def test_points_are_left_as_long_as_time_is_left() -> None:
    key = answer_key(QUIZ, "linear/1", None, Timing(answer_s=60))
    assert points(key.rule, key.questions["none"].judged("A", 45_000, 0)) == 250
