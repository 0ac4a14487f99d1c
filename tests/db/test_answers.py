"""Answers in PostgreSQL: the first one stays, and nothing accepted is refused."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest

from db import answers
from db.answers import AnswerRow
from db.errors import InvalidAnswer
from db.ids import new_id
from db.models import database

Call = Callable[..., Any]

SESSION, QUESTION, PARTICIPANT = new_id(), new_id(), new_id()


def row(**changes: Any) -> AnswerRow:
    base = AnswerRow(
        SESSION, PARTICIPANT, QUESTION, "answer-1", "A", True, 100, 1_700_000_000_123, 4_567, "flat/1"
    )
    return base._replace(**changes)


def test_answers_come_back_as_they_were_stored(call: Call) -> None:
    rows = [
        row(),
        row(participant_id=new_id(), option="D", correct=False, points=0, answer_id="tab\t|\\N\n"),
        row(question_id=new_id(), elapsed_ms=0, finished_at_ms=1_700_000_000_999),
        row(participant_id=new_id(), points=1 << 20, elapsed_ms=(1 << 31) - 1),
        row(participant_id=new_id(), latency_ms=500),
    ]
    assert call(answers.insert_many, rows) == []
    assert sorted(call(answers.of_session, SESSION)) == sorted(rows)
    assert call(answers.insert_many, []) == []


def test_an_answer_started_when_the_question_was_shown(call: Call) -> None:
    call(answers.insert_many, [row(elapsed_ms=4_500, latency_ms=67)])
    started, finished = call(
        lambda: database.execute_sql("SELECT started_at, finished_at FROM answers").fetchone()
    )
    assert (finished - started).total_seconds() == 4.567
    assert finished.timestamp() == 1_700_000_000.123


def test_the_same_again_changes_and_returns_nothing(call: Call) -> None:
    assert call(answers.insert_many, [row()]) == []
    assert call(answers.insert_many, [row(), row()]) == []
    assert call(answers.of_session, SESSION) == [row()]


def test_another_answer_gets_the_stored_one_back(call: Call) -> None:
    call(answers.insert_many, [row()])
    other, new = row(option="B", correct=False, points=0, answer_id="answer-2"), row(question_id=new_id())
    assert call(answers.insert_many, [other, new, other]) == [row()]
    assert call(answers.insert_many, [row(answer_id="answer-3")]) == [row()]
    assert sorted(call(answers.of_session, SESSION)) == sorted([row(), new])


def test_within_one_call_the_first_wins(call: Call) -> None:
    second = row(option="B", correct=False, points=0, answer_id="answer-2")
    assert call(answers.insert_many, [row(), second]) == [row()]
    assert call(answers.of_session, SESSION) == [row()]


def test_among_many_of_one_call_the_first_wins_too(call: Call) -> None:
    people = [new_id() for _ in range(20)]
    rows = [row(participant_id=people[n % 20], answer_id=str(n)) for n in range(1_000)]
    assert sorted(call(answers.insert_many, rows)) == sorted(rows[:20])
    assert sorted(call(answers.of_session, SESSION)) == sorted(rows[:20])


def test_answers_of_deleted_sessions_do_not_refuse_their_batch(
    call: Call, session: dict[str, Any], ann: dict[str, Any]
) -> None:
    call(database.execute_sql, "DELETE FROM sessions")
    rows = [row(session_id=session["id"], participant_id=ann["id"]), row()]
    assert call(answers.insert_many, rows) == []
    assert call(answers.of_session, session["id"]) == rows[:1]


@pytest.mark.parametrize(
    "bad",
    [
        {"points": -1},
        {"points": (1 << 20) + 1},
        {"correct": False},
        {"option": "E"},
        {"option": ""},
        {"elapsed_ms": -1},
        {"elapsed_ms": 1 << 31},
        {"finished_at_ms": -1},
        {"finished_at_ms": 1 << 60},
        {"answer_id": ""},
        {"answer_id": "x" * 129},
        {"answer_id": "\x00"},
        {"answer_id": "\ud800"},
        {"rule": "a|b"},
        {"session_id": "x"},
        {"participant_id": "x"},
        {"question_id": QUESTION.upper()},
    ],
)
def test_an_impossible_answer_is_named_and_nothing_is_stored(call: Call, bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidAnswer) as refused:
        call(answers.insert_many, [row(), row(question_id=new_id())._replace(**bad)])
    assert refused.value.index == 1
    assert call(answers.of_session, SESSION) == []


def test_of_two_batches_at_once_the_same_answers_win_everywhere(call: Call) -> None:
    people = [new_id() for _ in range(200)]
    batches = [
        [
            row(
                participant_id=pid,
                answer_id=f"{name}-{pid[:8]}",
                option=name,
                correct=name == "A",
                points=100 * (name == "A"),
            )
            for pid in people
        ]
        for name in "ABCD"
    ]
    returned: dict[str, list[AnswerRow]] = {}
    failed: list[BaseException] = []

    def insert(name: str, batch: list[AnswerRow]) -> None:
        random.Random(name).shuffle(batch)
        try:
            returned[name] = call(answers.insert_many, batch)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=insert, args=pair) for pair in zip("ABCD", batches, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    stored = {one.participant_id: one for one in call(answers.of_session, SESSION)}
    assert stored.keys() == set(people)
    for name in "ABCD":
        assert {one.participant_id: one for one in returned[name]} == {
            pid: one for pid, one in stored.items() if one.option != name
        }


def test_totals_are_what_the_scoreboard_counts(call: Call) -> None:
    other = new_id()
    call(
        answers.insert_many,
        [
            row(points=100, elapsed_ms=1_239),
            row(question_id=new_id(), points=50, elapsed_ms=9),
            row(question_id=new_id(), correct=False, points=0, elapsed_ms=99_999, option="B"),
            row(participant_id=other, correct=False, points=-5, option="B"),
            row(session_id=new_id()),
        ],
    )
    assert call(answers.totals, SESSION) == sorted([(PARTICIPANT, 150, 1_230), (other, 0, 0)])


def test_what_is_not_there(call: Call) -> None:
    for session_id in ("", "x", "\x00", new_id()):
        assert call(answers.of_session, session_id) == []
        assert call(answers.totals, session_id) == []
