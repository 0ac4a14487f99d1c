"""Streaks as they are scored, and scores worked out again from what is stored."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bus.messages import Settings
from bus.order import shuffled
from db import answers, live, scoreboard
from db.errors import NotFound
from db.ids import new_id
from db.models import database
from tests.workers.conftest import make_world
from workers.actors.persist_answers import persist_answers
from workers.actors.recompute_scores import recompute_scores
from workers.actors.score_answers import score_answers

RULE = "speed/1+streak/1"
PENALTIES = ["flat/2+penalty100/1", "speed/1+penalty33/1", "linear/1+streak/1+penalty50/1"]


def play(world, rounds: list[tuple[str | None, ...]]) -> None:
    """Each round is a question; everybody's option, or None for no answer."""
    for question, options in enumerate(rounds):
        given_answers = [
            world.submission(person, option, answer_id=f"q{question}", question=question)
            for person, option in enumerate(options)
            if option is not None
        ]
        if given_answers:
            score_answers(world.deps, world.batch(*given_answers))
    for payload in world.persisted():
        persist_answers(world.deps, [payload])


def recomputed(world):
    return recompute_scores(world.deps.redis, world.deps.pool, world.session_id)


def test_a_streak_counts_what_was_right_just_before_and_ends_with_a_wrong_or_a_missing_answer(deps):
    world = make_world(deps, "host", RULE, questions=4)
    play(world, [("A", "A", "A"), ("A", "B", None), ("A", "A", "A"), ("A", "A", "A")])
    rows = {
        (row.participant_id, row.question_id): row
        for row in deps.pool.call(answers.of_session, world.session_id)
    }
    base = rows[world.people[0], world.question(0)].points
    earned = [
        [
            None if (row := rows.get((person, world.question(q)))) is None else row.points - base
            for q in range(4)
        ]
        for person in world.people
    ]
    assert earned == [[0, 100, 200, 300], [0, -base, 0, 100], [0, None, 0, 100]]
    assert recomputed(world).equal


def test_a_streak_follows_the_order_in_which_each_was_asked(deps):
    orders = Settings(question_order="participant", option_order="participant", order_seed="seed")
    world = make_world(deps, "self", RULE, questions=8, settings=orders)
    paths = [shuffled(8, "seed", "questions", person) for person in world.people]
    for turn in range(8):  # all right but the fourth
        option = "B" if turn == 3 else "A"
        batch = [
            world.submission(n, option, answer_id=f"t{turn}", question=path[turn])
            for n, path in enumerate(paths)
        ]
        score_answers(deps, world.batch(*batch))
    for payload in world.persisted():
        persist_answers(deps, [payload])
    rows = {
        (row.participant_id, row.question_id): row.points
        for row in deps.pool.call(answers.of_session, world.session_id)
    }
    for person, path in zip(world.people, paths, strict=True):
        earned = [rows[person, world.question(place)] for place in path]
        base = earned[0]
        assert earned == [base, base + 100, base + 200, 0, base, base + 100, base + 200, base + 300]
    assert recomputed(world).equal


def test_a_batch_that_comes_again_later_earns_what_it_earned(deps):
    world = make_world(deps, "host", RULE, questions=2)
    play(world, [("A",), ("A",)])
    before = deps.pool.call(answers.of_session, world.session_id)
    score_answers(deps, world.batch(world.submission(0, "A", answer_id="q1", question=1)))
    for payload in world.persisted():
        persist_answers(deps, [payload])
    assert deps.pool.call(answers.of_session, world.session_id) == before
    assert recomputed(world).equal


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rule=st.sampled_from(
        ["flat/2", "speed/1", "linear/1", "flat/2+streak/1", RULE, "linear/1+streak/1", *PENALTIES]
    ),
    rounds=st.lists(st.tuples(*[st.sampled_from(["A", "B", None])] * 3), min_size=1, max_size=7),
)
def test_whatever_is_played_comes_out_the_same_again(deps, rule, rounds):
    world = make_world(deps, "host", rule, questions=len(rounds), email=f"{new_id()}@example.org")
    play(world, rounds)
    result = recomputed(world)
    assert (result.wrong_answers, result.wrong_totals, result.wrong_rows) == ((), (), ())
    assert result.answers == sum(option is not None for options in rounds for option in options)
    before = scoreboard.raw_totals(deps.redis, world.session_id)
    live.forget(deps.redis, world.session_id)  # and the same after a loss of Redis
    deps.pool.call(live.restore, deps.redis, world.session_id)
    assert scoreboard.raw_totals(deps.redis, world.session_id) == before


def test_a_wrong_answer_costs_and_is_told_at_once_but_nobody_is_shown_less_than_nothing(deps):
    world = make_world(deps, "host", "linear/1+penalty50/1", questions=2)
    play(world, [("B", "A", None), ("A", "B", "B")])
    world.settle()
    rows = {
        (row.participant_id, row.question_id): row.points
        for row in deps.pool.call(answers.of_session, world.session_id)
    }
    right = rows[world.people[1], world.question(0)]
    ann, bob, cid = world.people
    assert rows[ann, world.question(0)] == rows[cid, world.question(1)] == -500
    scores = {row.participant_id: row.score for row in scoreboard.board(deps.redis, world.session_id).rows}
    assert scores == {ann: right - 500, bob: right - 500, cid: 0}
    assert deps.pool.call(answers.totals, world.session_id) == sorted(
        (who, score, 0 if who == cid else 1500) for who, score in scores.items()
    )
    told = {entry.participant_id: entry.score for delta in world.heard.deltas for entry in delta.entries}
    assert told == scores
    assert recomputed(world).equal


def test_what_was_tampered_with_is_named(deps):
    world = make_world(deps, "host", RULE)
    play(world, [("A", "B", "A")])
    deps.pool.call(
        lambda: database.execute_sql(
            "UPDATE answers SET points = points + 1 WHERE participant_id = %s", (world.people[0],)
        )
    )
    (wrong,) = recomputed(world).wrong_answers
    assert world.people[0] in wrong
    board = next(key for key in deps.redis.keys("*board*") if world.session_id.encode() in key)
    deps.redis.zincrby(board, 1 << 22, world.people[2])
    (wrong,) = recomputed(world).wrong_totals
    assert world.people[2] in wrong


def test_a_name_that_is_another_on_the_board_is_named(deps):
    world = make_world(deps, "host", RULE)
    play(world, [("A", "B", "A")])
    assert recomputed(world).equal
    live.rename(deps.redis, world.session_id, world.people[0], "Somebody else")
    found = recomputed(world)
    assert not found.equal and found.wrong_totals == ()
    (wrong,) = found.wrong_rows
    assert "Somebody else" in wrong and "Ann" in wrong


def test_a_session_that_is_not_there(deps):
    with pytest.raises(NotFound):
        recompute_scores(deps.redis, deps.pool, new_id())
