"""What came out of a session: statistics per question, totals, everybody's answers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from statistics import median
from typing import NamedTuple

import msgspec

from bus.leaderboard import Entry, Leaderboard
from bus.messages import Question, Quiz
from db.totals import shown

__all__ = [
    "AnswerGiven",
    "GivenAnswer",
    "ParticipantResult",
    "QuestionResult",
    "Totals",
    "participant_result",
    "question_result",
]


class AnswerGiven(NamedTuple):
    """One recorded answer."""

    participant_id: str
    question_id: str
    option: str
    correct: bool
    points: int
    elapsed_ms: int
    latency_ms: int = 0


class GivenAnswer(msgspec.Struct, frozen=True):
    """One answer of a participant."""

    question_id: str
    option: str
    correct: bool
    points: int
    elapsed_ms: int  # without latency_ms
    latency_ms: int  # what was allowed for the network


class QuestionResult(msgspec.Struct, frozen=True):
    """How one question was answered."""

    question_id: str
    title: str
    counts: dict[str, int]  # answers per option key
    correct_option: str
    answers: int
    correct_rate: float | None  # 0 to 1; null without answers
    median_time_ms: float | None


class ParticipantResult(msgspec.Struct, frozen=True):
    """How one participant did, with their answers in the order of the questions. Equal scores share a rank: 1-2-2-4."""

    participant_id: str
    nickname: str
    score: int
    rank: int
    time_ms: int  # of the correct answers
    answers: tuple[GivenAnswer, ...]


class Totals:
    """Everybody's points and times, added up answer by answer.

    Times count for correct answers only, in hundredths, and nobody ends below 0: as on the live leaderboard.
    """

    def __init__(self, nicknames: Mapping[str, str]) -> None:
        self._nicknames = nicknames
        self._totals = dict.fromkeys(nicknames, (0, 0))

    def add(self, answer: AnswerGiven) -> None:
        """Count one answer of a participant who has a nickname here."""
        score, time_ms = self._totals[answer.participant_id]
        time_ms += answer.elapsed_ms // 10 * 10 if answer.correct else 0
        self._totals[answer.participant_id] = score + answer.points, time_ms

    def ranked(self) -> list[tuple[int, Entry]]:
        """`(rank, totals)` of everybody, best first."""
        rows = ((who, self._nicknames[who], *shown(*total)) for who, total in self._totals.items())
        return Leaderboard.load("", 0, rows).ranked()


def question_result(question: Question, answers: Collection[AnswerGiven]) -> QuestionResult:
    """Statistics of one question from all its answers."""
    counts = {option.key: 0 for option in question.options}
    for answer in answers:
        counts[answer.option] = counts.get(answer.option, 0) + 1
    return QuestionResult(
        question_id=question.id,
        title=question.title,
        counts=counts,
        correct_option=question.correct,
        answers=len(answers),
        correct_rate=sum(answer.correct for answer in answers) / len(answers) if answers else None,
        median_time_ms=median(answer.elapsed_ms for answer in answers) if answers else None,
    )


def participant_result(
    quiz: Quiz, rank: int, entry: Entry, answers: Iterable[AnswerGiven]
) -> ParticipantResult:
    """What one participant did, from all their answers."""
    by_question = {answer.question_id: answer for answer in answers}
    return ParticipantResult(
        entry.participant_id,
        entry.nickname,
        entry.score,
        rank,
        entry.time_ms,
        tuple(
            GivenAnswer(*by_question[question.id][1:])
            for question in quiz.questions
            if question.id in by_question
        ),
    )
