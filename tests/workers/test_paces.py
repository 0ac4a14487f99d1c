"""How far apart answers are scored: by who is waiting for the results."""

from __future__ import annotations

from workers.actors.score_answers import score_answers

FEW, MANY, FLOOD = 10_000.0, 100_000.0, 1_000_000.0  # bytes a second


def test_in_host_pacing_answers_may_wait_for_others(world):
    score_answers(world.deps, world.batch(world.submission(0, "A")))
    assert {world.deps.pace(rate) for rate in (FEW, MANY, FLOOD)} == {0.2}


def test_in_self_pacing_an_answer_waits_where_that_saves_a_call(self_paced):
    score_answers(self_paced.deps, self_paced.batch(self_paced.submission(0, "A")))
    assert [self_paced.deps.pace(rate) for rate in (FEW, MANY, FLOOD)] == [0.0, 0.025, 0.0]
