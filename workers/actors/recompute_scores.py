"""Work out every score of a session again, from the answers that are stored, and compare it with what is shown."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import zip_longest

import msgspec
from redis import Redis

from db import answers, participants, scoreboard, sessions, totals
from db.answers import AnswerRow
from db.errors import NotFound
from db.pool import Pool
from db.scoreboard import BoardRow
from workers.answer_key import AnswerKey, kept_answer_key
from workers.deps import Deps
from workers.rules.errors import RuleError
from workers.rules.scoring import LONGEST_STREAK, points

__all__ = ["Recomputed", "recompute", "recompute_scores"]

Totals = dict[str, tuple[int, int]]


def recompute(deps: Deps, session_id: str, reply_to: str) -> None:
    """Tell `reply_to`, as JSON, what `recompute_scores` finds, or `{"error": …}`."""
    try:
        found = recompute_scores(deps.redis, deps.pool, session_id)
        reply = msgspec.structs.asdict(msgspec.convert(found, _Reply, from_attributes=True))
    except (NotFound, RuleError) as error:
        reply = {"error": str(error)}
    deps.connection.publish_many([(reply_to, msgspec.json.encode(reply))])


class _Reply(msgspec.Struct):
    answers: int
    participants: int
    wrong_answers: tuple[str, ...]
    wrong_totals: tuple[str, ...]
    wrong_rows: tuple[str, ...]
    equal: bool


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What came out. All is well when both lists are empty."""

    answers: int
    participants: int
    wrong_answers: tuple[str, ...]  # stored with other points or another verdict than the rules give
    wrong_totals: tuple[str, ...]  # on the live board with another score or time, missing, or strange
    wrong_rows: tuple[str, ...] = ()  # shown with another name, score, time or place than all that makes

    @property
    def equal(self) -> bool:
        """Whether the stored answers and the live board say the same as the rules."""
        return not (self.wrong_answers or self.wrong_totals or self.wrong_rows)


def recompute_scores(redis: Redis, pool: Pool, session_id: str) -> Recomputed:
    """Compare the live board, score by score, with what the stored answers are worth by the rules they name.

    Changes nothing. A session that is not in Redis any more has no live board: then answers alone are checked. Raises
    db.errors.NotFound; UnknownRule for answers that a later release has scored.
    """
    session = pool.call(sessions.get, session_id)
    if session is None:
        raise NotFound("session", session_id)
    key = kept_answer_key(session, pool.call(sessions.snapshot, session_id))
    rows = pool.call(answers.of_session, session_id)
    present = {
        one["id"]: one["nickname"] for one in pool.call(participants.all_of, session_id) if not one["kicked"]
    }
    worth, wrong = _totals(key, rows)
    expected = {participant_id: worth.get(participant_id, (0, 0)) for participant_id in present}
    held = scoreboard.raw_totals(redis, session_id)
    board = scoreboard.board(redis, session_id)
    return Recomputed(
        answers=len(rows),
        participants=len(present),
        wrong_answers=tuple(wrong),
        wrong_totals=() if held is None else tuple(_differences(expected, held)),
        wrong_rows=() if board is None else tuple(_misplaced(_shown(present, expected), board.rows)),
    )


def _shown(present: dict[str, str], expected: Totals) -> list[BoardRow]:
    """The board as everybody is to see it, best first."""
    rows = [
        BoardRow(participant_id, nickname, *totals.shown(*expected[participant_id]))
        for participant_id, nickname in present.items()
    ]
    return sorted(rows, key=lambda row: (-row.score, row.time_ms, row.participant_id))


def _misplaced(expected: list[BoardRow], shown: list[BoardRow]) -> list[str]:
    """Row by row, to the last byte."""
    return [
        f"place {place}: on the board {there and tuple(there)}, by the answers {here and tuple(here)}"
        for place, (here, there) in enumerate(zip_longest(expected, shown), start=1)
        if here != there
    ]


def _totals(key: AnswerKey, rows: list[AnswerRow]) -> tuple[Totals, list[str]]:
    """Everybody's points and time by the rules, and the answers that are stored with others."""
    by_participant: dict[str, dict[str, AnswerRow]] = defaultdict(dict)
    for answer in rows:
        by_participant[answer.participant_id][answer.question_id] = answer
    earned: Totals = {}
    wrong = []
    for participant_id, own in by_participant.items():
        streak = score = time_ms = 0
        for question_id in key.asked(participant_id):
            question = key.questions[question_id]
            row = own.get(question_id)
            if row is None:
                streak = 0
                continue
            judged = question.judged(row.option, row.elapsed_ms, min(streak, LONGEST_STREAK))
            worth = points(row.rule, judged)
            if (row.correct, row.points) != (judged.correct, worth):
                wrong.append(
                    f"answer of {participant_id} to {question_id}: stored {row.correct}, {row.points}; "
                    f"by {row.rule} {judged.correct}, {worth}"
                )
            score += worth
            time_ms += row.elapsed_ms // 10 * 10 if judged.correct else 0
            streak = streak + 1 if judged.correct else 0
        earned[participant_id] = score, time_ms
    return earned, wrong


def _differences(expected: Totals, held: Totals) -> list[str]:
    return [
        f"{participant_id}: on the board {held.get(participant_id)}, worth {expected.get(participant_id)}"
        for participant_id in sorted(expected.keys() | held.keys())
        if expected.get(participant_id) != held.get(participant_id)
    ]
