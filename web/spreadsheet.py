"""Results as CSV, one line per answer, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from bus.messages import Quiz
from web.results import ParticipantResult

__all__ = ["COLUMNS", "as_csv"]

COLUMNS = (
    "rank", "participant_id", "nickname", "score", "question_number", "question", "option", "answer", "correct",
    "points", "elapsed_ms",
)  # fmt: skip

# What makes a spreadsheet take a cell for a formula (OWASP, CSV Injection), the full-width forms as well.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_csv(quiz: Quiz, participants: Iterable[ParticipantResult]) -> str:
    """A header, then one line per answer; a participant without answers has one line with empty columns."""
    numbers = {question.id: number for number, question in enumerate(quiz.questions, start=1)}
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for participant in participants:
        head = (
            participant.rank,
            participant.participant_id,
            _harmless(participant.nickname),
            participant.score,
        )
        for answer in participant.answers:
            number = numbers[answer.question_id]
            question = quiz.questions[number - 1]
            chosen = next((option.text for option in question.options if option.key == answer.option), "")
            writer.writerow(
                (
                    *head,
                    number,
                    _harmless(question.title),
                    answer.option,
                    _harmless(chosen),
                    "yes" if answer.correct else "no",
                    answer.points,
                    answer.elapsed_ms,
                )
            )
        if not participant.answers:
            writer.writerow((*head, *[""] * (len(COLUMNS) - len(head))))
    return text.getvalue()


def _harmless(text: str) -> str:
    """The text with an apostrophe before it when it could be a formula; spreadsheets show it without."""
    # Leading spaces are looked through: some programs drop them.
    return f"'{text}" if text.startswith(_DANGEROUS) or text.lstrip().startswith(_DANGEROUS) else text
