"""Keep scored answers in PostgreSQL, which has the last word."""

from __future__ import annotations

import time
from collections import defaultdict

from bus.messages import Scored, Submission, decode
from db import answers, live, scoreboard
from db.answers import AnswerRow
from db.scoreboard import Answer, Recorded
from workers import metrics
from workers.actors.score_answers import announce, record
from workers.deps import Deps

__all__ = ["persist_answers"]


def persist_answers(deps: Deps, payloads: list[bytes]) -> None:
    """Insert every row of `payloads` (each a msgpack `list[Scored]`) that is not there yet, in one transaction.

    A row that PostgreSQL already holds with another answer corrects Redis and the participant: that answer stands.
    Rows recorded in a live state that was lost and rebuilt meanwhile are recorded again: the rebuild did not see them.
    """
    rows = [row for payload in payloads for row in decode(payload, list[Scored])]
    held = deps.pool.call(answers.insert_many, [_row(scored) for scored in rows])
    _measure(rows)
    if held:
        _correct(deps, rows, held)
    _catch_up(deps, rows)


def _measure(rows: list[Scored]) -> None:
    metrics.BATCH_ANSWERS.labels("persistence").observe(len(rows))
    metrics.ANSWERS_KEPT.inc(len(rows))
    if rows:
        oldest_ms = min(row.finished_at_ms for row in rows)
        metrics.KEEP_SECONDS.observe(max(0.0, time.time() - oldest_ms / 1000))


def _catch_up(deps: Deps, rows: list[Scored]) -> None:
    """Bring rows of an older epoch, now kept, onto the board of today."""
    by_session: dict[str, list[Scored]] = defaultdict(list)
    for row in rows:
        by_session[row.session_id].append(row)
    late: dict[str, list[Scored]] = {}
    for session_id, group in by_session.items():
        current = live.load_state(deps.redis, session_id)
        missing = [row for row in group if current is None or row.epoch != current[0]]
        if missing:
            late[session_id] = missing
    if late:
        recorded = record(
            deps, {session_id: [_answer(_row(row)) for row in group] for session_id, group in late.items()}
        )
        announce(
            deps, {session_id: [_asked(row) for row in group] for session_id, group in late.items()}, recorded
        )


def _row(scored: Scored) -> AnswerRow:
    return AnswerRow(
        session_id=scored.session_id,
        participant_id=scored.participant_id,
        question_id=scored.question_id,
        answer_id=scored.answer_id,
        option=scored.option,
        correct=scored.correct,
        points=scored.points,
        finished_at_ms=scored.finished_at_ms,
        elapsed_ms=scored.elapsed_ms,
        rule=scored.rule,
        latency_ms=scored.latency_ms,
    )


def _correct(deps: Deps, rows: list[Scored], held: list[AnswerRow]) -> None:
    """Put what PostgreSQL holds in the place of what Redis recorded, and tell the gateways that asked."""
    offered = {(row.session_id, row.participant_id, row.question_id): row for row in rows}
    told: dict[str, list[Submission]] = defaultdict(list)
    recorded: dict[str, Recorded] = {}
    by_session: dict[str, list[AnswerRow]] = defaultdict(list)
    for row in held:
        by_session[row.session_id].append(row)
    for session_id, group in by_session.items():
        deps.pool.call(live.restore, deps.redis, session_id)
        stands = [_answer(row) for row in group]
        outcome = scoreboard.record(deps.redis, session_id, stands, overwrite=True)
        if outcome is None:
            raise RuntimeError(f"live state of session {session_id} vanished while it was being corrected")
        recorded[session_id] = outcome
        for row in group:
            refused = offered[row.session_id, row.participant_id, row.question_id]
            told[session_id].append(_asked(refused))
    announce(deps, told, recorded)


def _answer(row: AnswerRow) -> Answer:
    return Answer(
        participant_id=row.participant_id,
        question_id=row.question_id,
        answer_id=row.answer_id,
        option=row.option,
        correct=row.correct,
        points=row.points,
        finished_at_ms=row.finished_at_ms,
        elapsed_ms=row.elapsed_ms,
        rule=row.rule,
        latency_ms=row.latency_ms,
    )


def _asked(scored: Scored) -> Submission:
    """The submission that a scored row came from, for those who wait for its outcome."""
    return Submission(
        session_id=scored.session_id,
        participant_id=scored.participant_id,
        question_id=scored.question_id,
        answer_id=scored.answer_id,
        option=scored.option,
        received_at_ms=scored.finished_at_ms,
        elapsed_ms=scored.elapsed_ms,
        node_id=scored.node_id,
        latency_ms=scored.latency_ms,
    )
