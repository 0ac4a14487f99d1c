"""The scoreboard against a model of it in plain Python, over random histories."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from db import live, scoreboard
from db.errors import Conflict
from db.scoreboard import Answer
from tests.db.test_scoreboard import SESSION, seed

PEOPLE = ("ann", "bob", "eve", "zoe")
QUESTIONS = ("q1", "q2", "q3")

answers = st.builds(
    lambda person, question, number, option, correct, points, elapsed_ms: Answer(
        person,
        question,
        f"id-{number}",
        option,
        correct,
        points if correct else -points,
        1_000,
        elapsed_ms,
        "r/1",
    ),
    st.sampled_from(PEOPLE),
    st.sampled_from(QUESTIONS),
    st.integers(0, 3),
    st.sampled_from("ABCD"),
    st.booleans(),
    st.integers(0, 1 << 20),
    # Together they stay under 11.6 hours, where totals are exact.
    st.integers(0, 10_000_000),
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("record"), st.lists(answers, max_size=6)),
        st.tuples(st.just("again"), st.integers(0, 5)),
        st.tuples(st.just("overwrite"), st.lists(answers, max_size=3, unique_by=lambda a: a[:2])),
        st.tuples(st.just("kick"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("enter"), st.sampled_from(PEOPLE)),
    ),
    max_size=12,
)


class Model:
    """First answer wins; a total is the sum over what somebody got while on the board."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], Answer] = {}
        self.totals: dict[str, tuple[int, int]] = dict.fromkeys(PEOPLE, (0, 0))

    def record(self, batch: Sequence[Answer], overwrite: bool) -> list[tuple[Answer, int, int, bool]]:
        for answer in batch:
            key = answer.participant_id, answer.question_id
            old = self.answers.get(key)
            if old is None or overwrite:
                self.answers[key] = answer
                self._add(old, -1)
                self._add(answer, 1)
        return [
            (
                self.answers[a.participant_id, a.question_id],
                *self._total(a.participant_id),
                a.participant_id in self.totals,
            )
            for a in batch
        ]

    def _add(self, answer: Answer | None, sign: int) -> None:
        if answer is not None and answer.participant_id in self.totals:
            points, time_ms = self.totals[answer.participant_id]
            time_ms += sign * (answer.elapsed_ms // 10 * 10) if answer.correct else 0
            self.totals[answer.participant_id] = points + sign * answer.points, time_ms

    def _total(self, participant_id: str) -> tuple[int, int]:
        return floored(self.totals.get(participant_id, (0, 0)))

    def shown(self) -> dict[str, tuple[int, int]]:
        return {participant_id: floored(total) for participant_id, total in self.totals.items()}


def floored(total: tuple[int, int]) -> tuple[int, int]:
    """Nobody is shown less than 0."""
    return max(0, total[0]), total[1]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_every_history_gives_exactly_the_totals_of_the_model(
    redis: Redis, history: list[tuple[str, object]]
) -> None:
    redis.flushdb()
    seed(redis, *PEOPLE)
    model, done, version = Model(), [], 1
    for kind, value in history:
        version += 1
        if kind == "kick":
            live.leave(redis, SESSION, value)
            model.totals.pop(value, None)
        elif kind == "enter":
            # Somebody who is there keeps what they have; the kicked are not let in again.
            if value in model.totals:
                live.enter(redis, SESSION, value, value.title())
            else:
                version -= 1
                with pytest.raises(Conflict):
                    live.enter(redis, SESSION, value, value.title())
        else:
            if kind == "again":
                if not done:
                    version -= 1
                    continue
                value = done[value % len(done)]
            else:
                done.append(value)
            overwrite = kind == "overwrite"
            recorded = scoreboard.record(redis, SESSION, value, overwrite=overwrite)
            assert recorded is not None
            assert recorded.version == version
            assert [tuple(stored) for stored in recorded.stored] == model.record(value, overwrite)
    board = scoreboard.board(redis, SESSION)
    assert board is not None
    assert {row.participant_id: (row.score, row.time_ms) for row in board.rows} == model.shown()
    assert scoreboard.raw_totals(redis, SESSION) == model.totals
    for question_id in QUESTIONS:
        assert scoreboard.answers_of_question(redis, SESSION, question_id, PEOPLE) == {
            person: answer for (person, question), answer in model.answers.items() if question == question_id
        }


unique_answers = st.lists(answers, max_size=12, unique_by=lambda a: a[:2])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(unique_answers, st.data())
def test_order_splitting_and_redelivery_do_not_matter(
    redis: Redis, given_answers: list[Answer], data: st.DataObject
) -> None:
    redis.flushdb()
    seed(redis, *PEOPLE)
    repeated = data.draw(st.lists(st.sampled_from(given_answers))) if given_answers else []
    left = data.draw(st.permutations([*given_answers, *repeated]))
    while left:
        size = data.draw(st.integers(1, len(left)))
        scoreboard.record(redis, SESSION, left[:size])
        left = left[size:]
    expected = dict.fromkeys(PEOPLE, (0, 0))
    for answer in given_answers:
        points, time_ms = expected[answer.participant_id]
        time_ms += answer.elapsed_ms // 10 * 10 if answer.correct else 0
        expected[answer.participant_id] = points + answer.points, time_ms
    board = scoreboard.board(redis, SESSION)
    assert board is not None
    assert scoreboard.raw_totals(redis, SESSION) == expected
    assert {row.participant_id: (row.score, row.time_ms) for row in board.rows} == {
        participant_id: floored(total) for participant_id, total in expected.items()
    }
