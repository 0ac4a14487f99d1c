"""Recorded answers in PostgreSQL: the truth the scoreboard is rebuilt from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from db import answer_limits
from db import totals as limits
from db.copying import copy_rows
from db.errors import InvalidAnswer
from db.ids import is_id
from db.models import database

__all__ = [
    "AnswerRow",
    "insert_many",
    "of_participants",
    "of_questions",
    "of_session",
    "totals",
]


class AnswerRow(NamedTuple):
    """One recorded answer. It started at `finished_at_ms − elapsed_ms − latency_ms`."""

    session_id: str
    participant_id: str
    question_id: str
    answer_id: str
    option: str
    correct: bool
    points: int
    finished_at_ms: int
    elapsed_ms: int
    rule: str
    latency_ms: int = 0


# One per connection; emptied by every commit.
_INCOMING = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_answers (
    place integer NOT NULL,
    session_id uuid NOT NULL, participant_id uuid NOT NULL, question_id uuid NOT NULL, answer_id text NOT NULL,
    option text NOT NULL, correct boolean NOT NULL, points integer NOT NULL, finished_at_ms bigint NOT NULL,
    elapsed_ms bigint NOT NULL, rule text NOT NULL, latency_ms integer NOT NULL
) ON COMMIT DELETE ROWS
"""

# In the order of the key, so that two batches with the same answers wait for each other instead of deadlocking.
_INSERT = """
INSERT INTO answers (session_id, question_id, participant_id, answer_id, option, correct, points, started_at,
                     finished_at, elapsed_ms, rule, latency_ms)
SELECT DISTINCT ON (session_id, question_id, participant_id)
    session_id, question_id, participant_id, answer_id, option, correct, points,
    to_timestamp((finished_at_ms - elapsed_ms - latency_ms) / 1000.0), to_timestamp(finished_at_ms / 1000.0),
    elapsed_ms, rule, latency_ms
FROM incoming_answers
ORDER BY session_id, question_id, participant_id, place
ON CONFLICT (session_id, question_id, participant_id) DO NOTHING
"""

_SELECT = """
SELECT {distinct} answers.session_id, answers.participant_id, answers.question_id, answers.answer_id, answers.option,
    answers.correct, answers.points, (extract(epoch FROM answers.finished_at) * 1000)::bigint, answers.elapsed_ms,
    answers.rule, answers.latency_ms
FROM answers
"""

_DIFFERENT = (
    _SELECT.format(distinct="DISTINCT")
    + """
JOIN incoming_answers AS given USING (session_id, question_id, participant_id)
WHERE answers.option <> given.option OR answers.answer_id <> given.answer_id
"""
)


def insert_many(rows: Sequence[AnswerRow]) -> list[AnswerRow]:
    """Store answers, in one transaction; the first one of a participant to a question stays.

    Returns the stored rows that are not what was given (another option or another answer_id), each once. There
    is no foreign key: answers of a session that was deleted are stored as well, none refuses its batch. Raises
    InvalidAnswer, before anything is written, for values that cannot be stored.
    """
    if not rows:
        return []
    for index, row in enumerate(rows):
        answer_limits.check(index, *row[3:])
        if not (is_id(row.session_id) and is_id(row.participant_id) and is_id(row.question_id)):
            raise InvalidAnswer(index, "its session, participant or question is not an id")
    with database.atomic():
        database.execute_sql(_INCOMING)
        copy_rows(
            "incoming_answers",
            ("place", *AnswerRow._fields),
            ((place, *row) for place, row in enumerate(rows)),
        )
        inserted = database.execute_sql(_INSERT).rowcount
        if inserted == len(rows):
            return []
        return [AnswerRow(*row) for row in database.execute_sql(_DIFFERENT)]


def of_session(session_id: str) -> list[AnswerRow]:
    """All answers of a session, by question and participant."""
    return list(_select("session_id = %s ORDER BY question_id, participant_id", session_id))


def of_questions(session_id: str, question_ids: Sequence[str]) -> list[AnswerRow]:
    """All answers to some questions of a session. Read page by page, no session is too large."""
    return _some("question_id", session_id, question_ids)


def of_participants(session_id: str, participant_ids: Sequence[str]) -> list[AnswerRow]:
    """All answers of some participants of a session."""
    return _some("participant_id", session_id, participant_ids)


def totals(session_id: str) -> list[tuple[str, int, int]]:
    """`(participant_id, score, time_ms)` of everybody who answered, as the scoreboard has them."""
    if not is_id(session_id):
        return []
    rows = database.execute_sql(
        "SELECT participant_id, least(greatest(sum(points), 0), %s)::bigint, "
        "(least(coalesce(sum(elapsed_ms / 10) FILTER (WHERE correct), 0), %s) * 10)::bigint "
        "FROM answers WHERE session_id = %s GROUP BY participant_id ORDER BY participant_id",
        (limits.MAX_POINTS, limits.MAX_TIME_CS, session_id),
    )
    return [(participant_id, score, time_ms) for participant_id, score, time_ms in rows]


def _some(column: str, session_id: str, ids: Sequence[str]) -> list[AnswerRow]:
    wanted = [one for one in ids if is_id(one)]
    if not wanted or not is_id(session_id):
        return []
    query = f"{_SELECT.format(distinct='')} WHERE session_id = %s AND {column} = ANY(%s::uuid[])"
    return [AnswerRow(*row) for row in database.execute_sql(query, (session_id, wanted))]


def _select(condition: str, *ids: Any) -> Iterator[AnswerRow]:
    if all(map(is_id, ids)):
        for row in database.execute_sql(f"{_SELECT.format(distinct='')} WHERE {condition}", ids):
            yield AnswerRow(*row)
