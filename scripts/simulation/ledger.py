"""The audit of a session: what participants tried and were promised, against what is stored and shown.

A pure function of plain values, so that it can be tested against tampered ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from client.answers import Attempt
from scripts.simulation.crowd import LastBoard
from scripts.simulation.record import Record

__all__ = ["Evidence", "Ranked", "StoredAnswer", "Verdict", "judge"]

Totals = Mapping[str, tuple[int, int]]
"""participant id → score, total time of the correct answers in milliseconds"""

EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """One row of `answers` in PostgreSQL."""

    participant_id: str
    question_id: str
    answer_id: str
    option: str
    correct: bool
    points: int
    elapsed_ms: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """One entry of the leaderboard in REST."""

    participant_id: str
    score: int
    rank: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the servers hold after a session."""

    stored: Sequence[StoredAnswer]
    redis: Totals | None  # None: no board in Redis
    rest: Sequence[Ranked]
    other_scores: Sequence[int] = ()  # of participants who are none of ours: ranks depend on them


@dataclass(slots=True)
class Verdict:
    """Counts of answers, and whatever does not fit. `clean` when nothing is wrong."""

    attempted: int = 0
    accepted: int = 0  # the server promised to have them
    refused: int = 0  # late, closed, unknown question: told so
    unsettled: int = 0  # the participant never heard what became of them
    stored: int = 0  # rows in PostgreSQL
    lost: int = 0  # promised, and not in PostgreSQL
    duplicate: int = 0  # more than one row of one participant and question, or scored more than once
    phantom: int = 0  # in PostgreSQL, and never attempted
    changed: int = 0  # stored with another option than the one the server last named
    sums_agree: bool = True  # PostgreSQL, Redis, REST and every participant's board
    problems: list[str] = field(default_factory=list)  # the first few, in words

    @property
    def clean(self) -> bool:
        """Nothing lost, doubled, invented or changed, and all sums agree."""
        return not (self.lost or self.duplicate or self.phantom or self.changed) and self.sums_agree

    def note(self, problem: str) -> None:
        """Keep an example of what is wrong."""
        if len(self.problems) < EXAMPLES:
            self.problems.append(problem)

    def disagree(self, problem: str) -> None:
        """Two places that must say the same do not."""
        self.sums_agree = False
        self.note(problem)


def judge(records: Sequence[Record], boards: Sequence[LastBoard], evidence: Evidence) -> Verdict:
    """Compare everything with PostgreSQL, which is the truth."""
    verdict = Verdict(stored=len(evidence.stored))
    rows: dict[tuple[str, str], StoredAnswer] = {}
    for row in evidence.stored:
        key = (row.participant_id, row.question_id)
        if key in rows:
            verdict.duplicate += 1
            verdict.note(f"two rows of {row.participant_id} for {row.question_id}")
        else:
            rows[key] = row
    attempted: set[tuple[str, str]] = set()
    for record in records:
        for attempt in record.attempts.values():
            attempted.add((record.participant_id, attempt.question_id))
            _judge_attempt(verdict, record, attempt, rows.get((record.participant_id, attempt.question_id)))
    for key, row in rows.items():
        if key not in attempted:
            verdict.phantom += 1
            verdict.note(f"nobody attempted the stored answer {row.answer_id} of {row.participant_id}")
    _compare_sums(verdict, records, boards, evidence, rows.values())
    return verdict


def _judge_attempt(verdict: Verdict, record: Record, attempt: Attempt, row: StoredAnswer | None) -> None:
    verdict.attempted += 1
    promised = attempt.recorded is not None
    if promised:
        verdict.accepted += 1
    elif attempt.status is None:
        verdict.unsettled += 1
    else:
        verdict.refused += 1
    name = f"answer {attempt.answer_id} of {record.nickname!r} to question {attempt.question_index + 1}"
    if row is None:
        if promised:
            verdict.lost += 1
            verdict.note(f"lost: {name}, acknowledged as {attempt.status}")
        return
    if row.answer_id != attempt.answer_id:
        verdict.phantom += 1
        verdict.note(f"phantom: instead of {name}, {row.answer_id} is stored")
    elif row.option != (attempt.recorded or attempt.option):
        verdict.changed += 1
        verdict.note(
            f"changed: {name} was {attempt.recorded or attempt.option} and is stored as {row.option}"
        )
    if attempt.correct is not None and (attempt.correct, attempt.points) != (row.correct, row.points):
        verdict.disagree(
            f"{name} was told correct={attempt.correct} points={attempt.points}, stored is {row}"
        )


def _compare_sums(
    verdict: Verdict,
    records: Sequence[Record],
    boards: Sequence[LastBoard],
    evidence: Evidence,
    rows: Iterable[StoredAnswer],
) -> None:
    truth = dict.fromkeys((record.participant_id for record in records), (0, 0))
    for row in rows:
        score, time_ms = truth.get(row.participant_id, (0, 0))
        time_ms += row.elapsed_ms // 10 * 10 if row.correct else 0
        truth[row.participant_id] = (score + row.points, time_ms)
    truth = {who: (max(0, score), time_ms) for who, (score, time_ms) in truth.items()}
    if evidence.redis is None:
        verdict.disagree("Redis holds no board of this session")
    else:
        _compare_board(verdict, "the Redis board", evidence.redis, truth)
        for participant_id, (score, _) in evidence.redis.items():
            if participant_id in truth and score > truth[participant_id][0]:
                verdict.duplicate += 1
                verdict.note(
                    f"{participant_id} has {score} points in Redis but {truth[participant_id][0]} earned"
                )
    scores = Counter([*(score for score, _ in truth.values()), *evidence.other_scores])
    shown = {entry.participant_id: entry for entry in evidence.rest}
    _compare_keys(verdict, "the REST leaderboard", shown, truth)
    for participant_id in truth.keys() & shown.keys():
        score = truth[participant_id][0]
        rank = 1 + sum(count for other, count in scores.items() if other > score)
        if (shown[participant_id].score, shown[participant_id].rank) != (score, rank):
            verdict.disagree(f"REST shows {shown[participant_id]}, PostgreSQL sums to {score}, rank {rank}")
    for position, board in enumerate(boards):
        holders = [record for record in records if record.board == position]
        if holders:
            _compare_board(
                verdict, f"the board of {len(holders)} participants (v{board.version})", board.totals, truth
            )
    for record in records:
        if record.board is None:
            verdict.disagree(f"{record.nickname!r} never had a leaderboard")
        if record.score is not None and record.score != truth[record.participant_id][0]:
            verdict.disagree(
                f"{record.nickname!r} was last told {record.score}, has {truth[record.participant_id][0]}"
            )


def _compare_board(verdict: Verdict, name: str, board: Totals, truth: Totals) -> None:
    _compare_keys(verdict, name, board, truth)
    wrong = [
        participant_id
        for participant_id in board.keys() & truth.keys()
        if board[participant_id] != truth[participant_id]
    ]
    for participant_id in wrong:
        verdict.disagree(
            f"{name} has {board[participant_id]} of {participant_id}, PostgreSQL {truth[participant_id]}"
        )


def _compare_keys(verdict: Verdict, name: str, board: Mapping[str, object], truth: Totals) -> None:
    missing, strange = truth.keys() - board.keys(), board.keys() - truth.keys()
    if missing:
        verdict.disagree(f"{name} misses {len(missing)} participants, for example {sorted(missing)[0]}")
    if strange:
        verdict.disagree(f"{name} has {len(strange)} strangers, for example {sorted(strange)[0]}")
