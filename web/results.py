"""What came out of a session: statistics per question, everybody's answers. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

import msgspec

from bus.leaderboard import Leaderboard
from bus.messages import Quiz

__all__ = ["AnswerGiven", "GivenAnswer", "ParticipantResult", "QuestionResult", "results"]


class AnswerGiven(NamedTuple):
    """One recorded answer."""

    participant_id: str
    question_id: str
    option: str
    correct: bool
    points: int
    elapsed_ms: int


class GivenAnswer(msgspec.Struct, frozen=True):
    """One answer of a participant."""

    question_id: str
    option: str
    correct: bool
    points: int
    elapsed_ms: int


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
    """How one participant did, with their answers in the order of the questions."""

    participant_id: str
    nickname: str
    score: int
    rank: int
    answers: tuple[GivenAnswer, ...]


def results(
    quiz: Quiz, nicknames: dict[str, str], answers: Iterable[AnswerGiven]
) -> tuple[tuple[QuestionResult, ...], tuple[ParticipantResult, ...]]:
    """Results per question and, best first, per participant.

    `nicknames` holds the participants by id; answers of others (who were thrown out) are left out everywhere.
    Points count for correct answers only and times in hundredths, as on the live leaderboard.
    """
    by_question: dict[str, list[AnswerGiven]] = defaultdict(list)
    by_participant: dict[str, dict[str, AnswerGiven]] = {participant_id: {} for participant_id in nicknames}
    for answer in answers:
        if answer.participant_id in nicknames:
            by_question[answer.question_id].append(answer)
            by_participant[answer.participant_id][answer.question_id] = answer
    board = Leaderboard.load(
        "", 0, (_row(who, nicknames[who], by_participant[who].values()) for who in nicknames)
    )
    participants = tuple(
        ParticipantResult(
            entry.participant_id,
            entry.nickname,
            entry.score,
            rank,
            tuple(
                GivenAnswer(*by_participant[entry.participant_id][question.id][1:])
                for question in quiz.questions
                if question.id in by_participant[entry.participant_id]
            ),
        )
        for rank, entry in board.ranked()
    )
    questions = []
    for question in quiz.questions:
        given = by_question[question.id]
        counts = {option.key: 0 for option in question.options}
        for answer in given:
            counts[answer.option] = counts.get(answer.option, 0) + 1
        questions.append(
            QuestionResult(
                question_id=question.id,
                title=question.title,
                counts=counts,
                correct_option=question.correct,
                answers=len(given),
                correct_rate=sum(answer.correct for answer in given) / len(given) if given else None,
                median_time_ms=median(answer.elapsed_ms for answer in given) if given else None,
            )
        )
    return tuple(questions), participants


def _row(participant_id: str, nickname: str, answers: Iterable[AnswerGiven]) -> tuple[str, str, int, int]:
    correct = [answer for answer in answers if answer.correct]
    score = sum(answer.points for answer in correct)
    return participant_id, nickname, score, sum(answer.elapsed_ms // 10 * 10 for answer in correct)
