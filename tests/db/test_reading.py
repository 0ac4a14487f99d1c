"""Reading a session's answers in pages, as of one moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from peewee import InternalError

from db import answers, scoreboard
from db.ids import new_id
from db.models import database
from db.pool import Pool
from db.reading import one_moment
from tests.db.test_answers import SESSION, row

Call = Callable[..., Any]


def test_pages_hold_what_the_whole_holds(call: Call) -> None:
    people, questions = [new_id() for _ in range(3)], [new_id() for _ in range(4)]
    rows = [row(participant_id=who, question_id=what) for who in people for what in questions]
    call(
        answers.insert_many,
        [*rows, row(session_id=new_id(), participant_id=people[0], question_id=questions[0])],
    )
    by_question = call(answers.of_questions, SESSION, questions[:2]) + call(
        answers.of_questions, SESSION, questions[2:]
    )
    assert sorted(by_question) == sorted(rows)
    assert sorted(call(answers.of_participants, SESSION, people[1:])) == sorted(rows[4:])
    for nothing in ([], ["nonsense"], [new_id()]):
        assert call(answers.of_questions, SESSION, nothing) == []
        assert call(answers.of_participants, SESSION, nothing) == []
    assert call(answers.of_participants, "nonsense", people) == []


def test_what_is_stored_meanwhile_is_not_seen(pool: Pool) -> None:
    def read() -> list[int]:
        with one_moment():
            seen = [len(answers.of_session(SESSION))]
            with ThreadPoolExecutor(1) as other:
                other.submit(pool.call, answers.insert_many, [row()]).result()
            return [*seen, len(answers.of_session(SESSION))]

    assert pool.call(read) == [0, 0]
    assert pool.call(lambda: len(answers.of_session(SESSION))) == 1


def test_nothing_is_written_by_the_way(call: Call) -> None:
    def write() -> None:
        with one_moment():
            database.execute_sql("DELETE FROM answers")

    with pytest.raises(InternalError, match="read-only"):
        call(write)


def test_answers_are_counted_per_question(redis: Any) -> None:
    assert scoreboard.answer_counts(redis, SESSION, []) == []
    assert scoreboard.answer_counts(redis, SESSION, [new_id(), new_id()]) == [0, 0]
