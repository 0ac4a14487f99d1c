"""The results of a session as JSON, CSV and workbook, written as they are read."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from typing import IO

import msgspec
from openpyxl import Workbook

from bus.messages import Quiz
from web.exporting.workbooks import Sheet
from web.giving_way import giving_way
from web.results import ParticipantResult
from web.session_results import SessionResults

__all__ = ["COLUMNS", "answer_rows", "harmless", "write_csv", "write_json", "write_xlsx"]

COLUMNS = (
    "rank", "participant_id", "nickname", "score", "question_number", "question", "option", "answer", "correct",
    "points", "elapsed_ms", "latency_ms",
)  # fmt: skip
_STANDINGS = ("rank", "participant_id", "nickname", "score", "time_ms", "answers", "correct_answers")
_QUESTIONS = (
    "question_number", "question", "correct_option", "answers", "A", "B", "C", "D", "correct_rate", "median_time_ms",
)  # fmt: skip

# What makes a spreadsheet take a cell for a formula (OWASP, CSV Injection), the full-width forms as well.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_json(session: msgspec.Struct, results: SessionResults, file: IO[bytes]) -> None:
    """Write `{session, questions, participants}`, the session as it is given."""
    encode = msgspec.json.encode
    file.write(b'{"session":%b,"questions":%b,' % (encode(session), encode(results.questions)))
    file.write(b'"participants":[')
    for place, participant in enumerate(giving_way(results.participants())):
        file.write(b"," * bool(place) + encode(participant))
    file.write(b"]}")


def write_csv(results: SessionResults, file: IO[bytes]) -> None:
    """Write a header, then one line per answer; a participant without answers has one line with empty columns."""
    text = TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in giving_way(answer_rows(results.quiz, results.participants())):
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    text.detach()  # flushes, and leaves the file open


def write_xlsx(results: SessionResults, file: IO[bytes]) -> None:
    """Write a workbook: standings, statistics per question, one row per answer."""
    workbook = Workbook(write_only=True)
    standings = Sheet(workbook, "Standings", _STANDINGS)
    questions = Sheet(workbook, "Questions", _QUESTIONS)
    given = Sheet(workbook, "Answers", COLUMNS)
    for number, question in enumerate(results.questions, start=1):
        counts = (question.counts.get(key) for key in "ABCD")
        questions.append(
            (
                number,
                question.title,
                question.correct_option,
                question.answers,
                *counts,
                question.correct_rate,
                question.median_time_ms,
            )
        )
    for row in giving_way(answer_rows(results.quiz, _noting(standings, results.participants()))):
        given.append(row)
    workbook.save(file)


def answer_rows(quiz: Quiz, participants: Iterable[ParticipantResult]) -> Iterator[tuple[object, ...]]:
    """One row per answer, as in COLUMNS; one with empty columns for whoever gave none."""
    numbers = {question.id: number for number, question in enumerate(quiz.questions, start=1)}
    for participant in participants:
        head = _head(participant)
        for answer in participant.answers:
            number = numbers[answer.question_id]
            question = quiz.questions[number - 1]
            chosen = next((option.text for option in question.options if option.key == answer.option), "")
            correct = "yes" if answer.correct else "no"
            yield (
                *head, number, question.title, answer.option, chosen, correct, answer.points, answer.elapsed_ms,
                answer.latency_ms,
            )  # fmt: skip
        if not participant.answers:
            yield (*head, *[None] * (len(COLUMNS) - len(head)))


def _noting(standings: Sheet, participants: Iterable[ParticipantResult]) -> Iterator[ParticipantResult]:
    """The participants, each written into the standings as it passes."""
    for participant in participants:
        correct = sum(answer.correct for answer in participant.answers)
        standings.append((*_head(participant), participant.time_ms, len(participant.answers), correct))
        yield participant


def harmless(text: str) -> str:
    """The text with an apostrophe before it when it could be a formula; spreadsheets show it without."""
    # Leading spaces are looked through: some programs drop them.
    return f"'{text}" if text.startswith(_DANGEROUS) or text.lstrip().startswith(_DANGEROUS) else text


def _head(participant: ParticipantResult) -> tuple[object, ...]:
    return participant.rank, participant.participant_id, participant.nickname, participant.score
