"""Score a batch of submissions: points by the rules, first answer wins in Redis, tell everybody, hand on."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256

import structlog

from bus import subjects
from bus.errors import InvalidMessage
from bus.messages import Answered, BoardDelta, BoardEntry, Outcome, Scored, Submission, decode, encode
from bus.scoring import has_streak
from db import answer_limits, live, scoreboard
from db.errors import InvalidAnswer, NotFound
from db.scoreboard import Answer, Recorded, Stored
from workers import metrics
from workers.answer_key import AnswerKey
from workers.deps import Deps
from workers.rules.scoring import LONGEST_STREAK, points

__all__ = ["announce", "record", "score_answers"]

log = structlog.get_logger(__name__)

ROWS_PER_MESSAGE = 500
"""Scored answers in one message to the persistence pool: about 100 KB."""


def score_answers(deps: Deps, payloads: list[bytes]) -> None:
    """Record, publish and hand on every submission of `payloads` (each a msgpack `list[Submission]`).

    Safe to run again with the same payloads: the board keeps the first answer of each participant and question, and
    all that is published are absolute totals. Returning means that the persistence queue has stored every answer.
    A submission that can never be scored becomes a dead letter of its own: others travel in the same message.
    Raises InvalidMessage for a payload that does not decode.
    """
    submitted: dict[str, list[Submission]] = defaultdict(list)
    for payload in payloads:
        for submission in decode(payload, list[Submission]):
            submitted[submission.session_id].append(submission)
    by_session: dict[str, list[Submission]] = {}
    answers: dict[str, list[Answer]] = {}
    for session_id, group in submitted.items():
        if judged := _judge_session(deps, session_id, group):
            by_session[session_id] = [submission for submission, _ in judged]
            answers[session_id] = [answer for _, answer in judged]
    recorded = record(deps, answers)
    _measure(by_session)
    announce(deps, by_session, recorded)
    _hand_on(deps, by_session, recorded)


def _measure(by_session: Mapping[str, Sequence[Submission]]) -> None:
    scored = sum(map(len, by_session.values()))
    metrics.BATCH_ANSWERS.labels("scoring").observe(scored)
    metrics.ANSWERS_SCORED.inc(scored)
    if scored:
        oldest_ms = min(one.received_at_ms for group in by_session.values() for one in group)
        metrics.SCORE_SECONDS.observe(max(0.0, time.time() - oldest_ms / 1000))


def _judge_session(
    deps: Deps, session_id: str, group: Sequence[Submission]
) -> list[tuple[Submission, Answer]]:
    """The scored answers of one session; what cannot be scored is buried."""
    try:
        key = deps.answer_key(session_id)
    except NotFound as error:
        for submission in group:
            _bury(deps, submission, error)
        return []
    if key.at_once:
        deps.pace.awaited()
    streaks = _streaks(deps, key, group) if has_streak(key.rule) else {}
    judged = []
    for submission in group:
        try:
            answer = _judge(
                key, submission, streaks.get((submission.participant_id, submission.question_id), 0)
            )
        except (InvalidMessage, InvalidAnswer) as error:
            _bury(deps, submission, error)
        else:
            judged.append((submission, answer))
    return judged


def _judge(key: AnswerKey, submission: Submission, streak: int) -> Answer:
    """The scored answer. Raises InvalidMessage or InvalidAnswer for one that cannot be."""
    question = key.questions.get(submission.question_id)
    if question is None:
        raise InvalidMessage("submission", "its question is not part of its session")
    judged = question.judged(submission.option, submission.elapsed_ms, streak)
    answer = Answer(
        participant_id=submission.participant_id,
        question_id=submission.question_id,
        answer_id=submission.answer_id,
        option=submission.option,
        correct=judged.correct,
        points=points(key.rule, judged),
        finished_at_ms=submission.received_at_ms,
        elapsed_ms=submission.elapsed_ms,
        rule=key.rule,
        latency_ms=submission.latency_ms,
    )
    answer_limits.check(0, *answer[2:])
    return answer


def _streaks(deps: Deps, key: AnswerKey, group: Sequence[Submission]) -> dict[tuple[str, str], int]:
    """How many answers right before each were right, by participant and question.

    They are recorded: in host pacing a question opens when everything before it has been scored, in self pacing the
    next one is shown with the outcome of the last.
    """
    streaks: dict[tuple[str, str], int] = {}
    before: dict[tuple[str, str], list[str]] = {}
    for one in group:
        if one.question_id in key.questions:
            asked = one.participant_id, one.question_id
            streaks[asked], before[asked] = 0, key.before(*asked)
    going_on = sorted(before)
    for back in range(LONGEST_STREAK):
        waiting: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for asked in going_on:
            if back < len(before[asked]):
                waiting[before[asked][back]].append(asked)
        going_on = []
        for before_id, those in waiting.items():
            people = sorted({participant_id for participant_id, _ in those})
            earlier = scoreboard.answers_of_question(deps.redis, group[0].session_id, before_id, people)
            for asked in those:
                if asked[0] in earlier and earlier[asked[0]].correct:
                    streaks[asked] += 1
                    going_on.append(asked)
    return streaks


def _bury(deps: Deps, submission: Submission, error: Exception) -> None:
    """Keep what cannot be scored with the reason; stored once, however often it comes."""
    payload = encode([submission])
    log.error("submission_not_scorable", session_id=submission.session_id, error=str(error))
    deps.connection.publish_stored(
        subjects.dead("scoring"),
        payload,
        message_id=sha256(payload).hexdigest(),
        headers={
            "Dead-Reason": "invalid_submission",
            "Dead-Error": type(error).__name__,
            "Dead-Queue": "scoring",
        },
    )


def record(deps: Deps, answers: Mapping[str, Sequence[Answer]]) -> dict[str, Recorded]:
    """Record in Redis; sessions whose live state is gone are rebuilt from PostgreSQL first."""
    recorded = scoreboard.record_many(deps.redis, answers)
    gone = {session_id: answers[session_id] for session_id, group in recorded.items() if group is None}
    for session_id in gone:
        deps.pool.call(live.restore, deps.redis, session_id)
    if gone:
        recorded |= scoreboard.record_many(deps.redis, gone)
    result = {}
    for session_id, group in recorded.items():
        if group is None:
            raise RuntimeError(f"live state of session {session_id} vanished while it was being scored")
        result[session_id] = group
    return result


def announce(deps: Deps, by_session: dict[str, list[Submission]], recorded: dict[str, Recorded]) -> None:
    """Publish one leaderboard delta per session and one message of outcomes per gateway node.

    `recorded[session]` holds the stored answers in the order of `by_session[session]`.
    """
    outbox: list[tuple[str, bytes]] = []
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    for session_id, group in recorded.items():
        entries = {
            stored.answer.participant_id: BoardEntry(
                stored.answer.participant_id, stored.score, stored.time_ms
            )
            for stored in group.stored
            if (stored.answer.correct or stored.answer.points) and stored.on_board
        }
        delta = BoardDelta(
            session_id, group.epoch, group.version, tuple(entries.values()), _answered(group.stored)
        )
        outbox.append((subjects.leaderboard(session_id), encode(delta)))
        for submission, stored in zip(by_session[session_id], group.stored, strict=True):
            outcomes[submission.node_id].append(_outcome(submission, stored, group.epoch, group.version))
    for node_id, messages in outcomes.items():
        outbox.append((subjects.results(node_id), encode(messages)))
    deps.connection.publish_many(outbox)


def _answered(recorded: Sequence[Stored]) -> tuple[Answered, ...]:
    """Who chose what, of those who are on the board."""
    chosen: dict[tuple[str, str], list[str]] = defaultdict(list)
    for stored in recorded:
        if stored.on_board:
            answer = stored.answer
            chosen[answer.question_id, answer.option].append(answer.participant_id)
    return tuple(Answered(*key, tuple(participant_ids)) for key, participant_ids in chosen.items())


def _outcome(submission: Submission, stored: Stored, epoch: str, version: int) -> Outcome:
    answer = stored.answer
    return Outcome(
        session_id=submission.session_id,
        participant_id=answer.participant_id,
        question_id=answer.question_id,
        answer_id=submission.answer_id,
        recorded_id=answer.answer_id,
        option=answer.option,
        correct=answer.correct,
        points=answer.points,
        score=stored.score,
        time_ms=stored.time_ms,
        version=version,
        epoch=epoch,
        latency_ms=answer.latency_ms,
    )


def _hand_on(deps: Deps, by_session: dict[str, list[Submission]], recorded: dict[str, Recorded]) -> None:
    """Give every recorded answer to the persistence queue, duplicates too: a crash may have fallen in between."""
    rows = []
    for session_id, group in recorded.items():
        for submission, stored in zip(by_session[session_id], group.stored, strict=True):
            answer = stored.answer
            rows.append(
                Scored(
                    session_id=session_id,
                    participant_id=answer.participant_id,
                    question_id=answer.question_id,
                    answer_id=answer.answer_id,
                    option=answer.option,
                    correct=answer.correct,
                    points=answer.points,
                    finished_at_ms=answer.finished_at_ms,
                    elapsed_ms=answer.elapsed_ms,
                    rule=answer.rule,
                    node_id=submission.node_id,
                    epoch=group.epoch,
                    latency_ms=answer.latency_ms,
                )
            )
    chunks = [rows[start : start + ROWS_PER_MESSAGE] for start in range(0, len(rows), ROWS_PER_MESSAGE)]
    deps.connection.publish_all_stored(
        [(subjects.tasks("persistence"), encode(chunk), None) for chunk in chunks]
    )
