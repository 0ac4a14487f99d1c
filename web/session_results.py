"""The results of one session, read page by page: a hall of thousands costs no more memory than a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from redis import Redis

from bus.leaderboard import Entry
from bus.messages import Quiz
from db import answers, participants, scoreboard, sessions
from db.answers import AnswerRow
from web.results import (
    AnswerGiven,
    ParticipantResult,
    QuestionResult,
    Totals,
    participant_result,
    question_result,
)

__all__ = ["PAGE_ANSWERS", "SessionResults", "read_results"]

PAGE_ANSWERS = 2_000
"""About so many answers are in memory at once."""

_T = TypeVar("_T")
_Extras = dict[str, dict[str, AnswerGiven]]


@dataclass(frozen=True, slots=True)
class SessionResults:
    """Statistics and standings of a session; the answers themselves come from the database as they are asked for.

    Answers of participants who were thrown out are left out everywhere.
    """

    session: dict[str, Any]  # of db.sessions
    quiz: Quiz
    questions: tuple[QuestionResult, ...]
    standings: list[tuple[int, Entry]]  # rank and totals, best first
    extras: _Extras  # by participant and question: recorded on the scoreboard, but not in PostgreSQL yet

    def participants(self) -> Iterator[ParticipantResult]:
        """Everybody with their answers, best first. Within the transaction of `read_results`."""
        session_id = self.session["id"]
        for page in _pages(self.standings, PAGE_ANSWERS // max(1, len(self.quiz.questions))):
            given = {
                entry.participant_id: dict(self.extras.get(entry.participant_id, {})) for _, entry in page
            }
            for row in answers.of_participants(session_id, list(given)):
                given[row.participant_id][row.question_id] = _given(row)
            for rank, entry in page:
                yield participant_result(self.quiz, rank, entry, given[entry.participant_id].values())


def read_results(redis: Redis, session: dict[str, Any]) -> SessionResults:
    """Read statistics and standings. Call it first in `db.reading.one_moment`, and use the result within.

    PostgreSQL is the truth, but gets it a moment after the scoreboard: what it does not have yet comes from there.
    """
    session_id = session["id"]
    nicknames = {
        participant["id"]: participant["nickname"]
        for participant in participants.all_of(session_id)
        if not participant["kicked"]
    }
    quiz = msgspec.json.decode(sessions.snapshot(session_id), type=Quiz)
    totals = Totals(nicknames)
    extras: _Extras = defaultdict(dict)
    questions = []
    for page in _pages(quiz.questions, PAGE_ANSWERS // max(1, len(nicknames))):
        ids = [question.id for question in page]
        stored: dict[str, dict[str, AnswerGiven]] = {question_id: {} for question_id in ids}
        for row in answers.of_questions(session_id, ids):
            stored[row.question_id][row.participant_id] = _given(row)
        recorded = scoreboard.answer_counts(redis, session_id, ids)
        for question, count in zip(page, recorded, strict=True):
            given = {who: answer for who, answer in stored[question.id].items() if who in nicknames}
            if count > len(stored[question.id]):
                missing = [who for who in nicknames if who not in given]
                found = scoreboard.answers_of_question(redis, session_id, question.id, missing)
                for who, late in found.items():
                    given[who] = extras[who][question.id] = AnswerGiven(
                        who,
                        question.id,
                        late.option,
                        late.correct,
                        late.points,
                        late.elapsed_ms,
                        late.latency_ms,
                    )
            for answer in given.values():
                totals.add(answer)
            questions.append(question_result(question, given.values()))
    return SessionResults(session, quiz, tuple(questions), totals.ranked(), dict(extras))


def _given(row: AnswerRow) -> AnswerGiven:
    return AnswerGiven(
        row.participant_id,
        row.question_id,
        row.option,
        row.correct,
        row.points,
        row.elapsed_ms,
        row.latency_ms,
    )


def _pages(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    size = max(1, size)
    for start in range(0, len(items), size):
        yield items[start : start + size]
