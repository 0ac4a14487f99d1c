"""Scoreboard of live sessions in Redis: which answer counts, and who has how many points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from redis import Redis
from redis.exceptions import ResponseError

from db import answer_limits, totals
from db.errors import InvalidAnswer
from db.keys import TTL_S, answers_key, base_keys, session_key
from db.scripts import RECORD
from db.wire import read

__all__ = [
    "Answer",
    "Board",
    "BoardRow",
    "Recorded",
    "Stored",
    "Wanted",
    "answer_counts",
    "answers_of_participant",
    "answers_of_participants",
    "answers_of_question",
    "board",
    "choices",
    "counts",
    "pack",
    "raw_totals",
    "record",
    "record_many",
    "unpack",
]


Wanted = tuple[str, str, Sequence[str]]
"""Session, participant, and the questions whose answers are asked for."""


class Answer(NamedTuple):
    """One scored answer."""

    participant_id: str
    question_id: str
    answer_id: str  # the participant's own id of it
    option: str  # "A" to "D"
    correct: bool
    points: int  # at most 0 when wrong
    finished_at_ms: int  # Unix time
    elapsed_ms: int
    rule: str  # scoring rule and version
    latency_ms: int = 0  # allowed for the network: taken off elapsed_ms already


class Stored(NamedTuple):
    """What counts for a participant and question, and the participant's totals after the call."""

    answer: Answer  # as recorded; another `answer_id` than given means that an earlier answer counts
    score: int
    time_ms: int
    on_board: bool = True  # False for somebody who was kicked: recorded, but without totals


class Recorded(NamedTuple):
    """Outcome of one `record`: the leaderboard it led to, and what counts, in the order given."""

    epoch: str
    version: int
    stored: list[Stored]


class BoardRow(NamedTuple):
    """One participant of the leaderboard."""

    participant_id: str
    nickname: str
    score: int
    time_ms: int


class Board(NamedTuple):
    """The whole leaderboard, best first."""

    epoch: str
    version: int
    rows: list[BoardRow]


def record(
    redis: Redis, session_id: str, answers: Sequence[Answer], *, overwrite: bool = False
) -> Recorded | None:
    """`record_many` for one session."""
    return record_many(redis, {session_id: answers}, overwrite=overwrite)[session_id]


def record_many(
    redis: Redis, by_session: Mapping[str, Sequence[Answer]], *, overwrite: bool = False
) -> dict[str, Recorded | None]:
    """Record answers of several sessions in one round trip; first answer of a participant to a question wins.

    New answers add their points, and correct ones their time; duplicates change nothing and return what counts.
    With `overwrite` the given answer replaces the stored one and the total moves by the difference (give each
    participant and question once). Each session's version rises by one per call, also when all are duplicates.
    None for a session whose live state is not in Redis: nothing was written, restore it and call again.
    Repeating a call is harmless. Raises InvalidAnswer before anything is written.
    """
    calls = []
    for session_id, answers in by_session.items():
        keys = base_keys(session_id)
        key_index: dict[str, int] = {}
        arguments: list[Any] = [TTL_S, int(overwrite)]
        for index, answer in enumerate(answers):
            answer_limits.check(index, *answer[2:])
            place = key_index.get(answer.question_id)
            if place is None:
                keys.append(answers_key(session_id, answer.question_id))
                place = key_index[answer.question_id] = len(keys)
            time_cs = answer.elapsed_ms // 10 if answer.correct else 0
            arguments += (place, answer.participant_id, answer.points, time_cs, pack(answer))
        calls.append((keys, arguments))
    try:
        replies = RECORD.run_all(redis, calls)
    except ResponseError as error:
        if str(error).startswith("INVALIDANSWER"):
            raise InvalidAnswer(-1, str(error)) from error
        raise
    recorded: dict[str, Recorded | None] = {}
    for (session_id, answers), reply in zip(by_session.items(), replies, strict=True):
        recorded[session_id] = None if reply is None else _recorded(reply, answers)
        if reply is not None and reply[2]:
            _refresh(redis, session_id)
    return recorded


def board(redis: Redis, session_id: str, *, without: str | None = None) -> Board | None:
    """The leaderboard at one moment, or None when the session is not in Redis.

    `without` is a question whose answers do not count yet: as if nobody had answered it.
    """
    with redis.pipeline(transaction=True) as pipeline:
        pipeline.hgetall(answers_key(session_id, without or ""))
        pipeline.hmget(session_key(session_id, "meta"), "epoch", "version")
        pipeline.zrange(session_key(session_id, "board"), 0, -1, withscores=True)
        pipeline.hgetall(session_key(session_id, "names"))
        uncounted, (epoch, version), members, names = pipeline.execute()
    if epoch is None:
        return None
    held = {member: unpack("", "", packed) for member, packed in uncounted.items()}
    rows = [
        BoardRow(
            member.decode(),
            names.get(member, b"").decode(),
            *totals.shown(*_before(held.get(member), *totals.unpack(int(total)))),
        )
        for member, total in members
    ]
    rows.sort(key=lambda row: (-row.score, row.time_ms, row.participant_id))
    return Board(epoch.decode(), int(version), rows)


def raw_totals(redis: Redis, session_id: str) -> dict[str, tuple[int, int]] | None:
    """`(points, time_ms)` of everybody on the board, points below 0 as they are; None when the session is not in Redis."""
    with redis.pipeline(transaction=True) as pipeline:
        pipeline.hexists(session_key(session_id, "meta"), "epoch")
        pipeline.zrange(session_key(session_id, "board"), 0, -1, withscores=True)
        here, members = pipeline.execute()
    return {member.decode(): totals.unpack(int(total)) for member, total in members} if here else None


def _before(answer: Answer | None, score: int, time_ms: int) -> tuple[int, int]:
    """The totals without one answer."""
    if answer is None:
        return score, time_ms
    return score - answer.points, time_ms - (answer.elapsed_ms // 10 * 10 if answer.correct else 0)


def answers_of_question(
    redis: Redis, session_id: str, question_id: str, participant_ids: Sequence[str]
) -> dict[str, Answer]:
    """Recorded answers to one question by participant; those without one are left out."""
    if not participant_ids:
        return {}
    packed: list[Any] = redis.hmget(answers_key(session_id, question_id), list(participant_ids))
    pairs = zip(participant_ids, packed, strict=True)
    return {pid: unpack(pid, question_id, value) for pid, value in pairs if value is not None}


def answers_of_participant(
    redis: Redis, session_id: str, participant_id: str, question_ids: Sequence[str]
) -> dict[str, Answer]:
    """Recorded answers of one participant by question; questions without one are left out."""
    return answers_of_participants(redis, [(session_id, participant_id, question_ids)])[0]


def answers_of_participants(redis: Redis, wanted: Sequence[Wanted]) -> list[dict[str, Answer]]:
    """As `answers_of_participant`, for several participants of any sessions."""
    with redis.pipeline(transaction=False) as pipeline:
        for session_id, participant_id, question_ids in wanted:
            for question_id in question_ids:
                pipeline.hget(answers_key(session_id, question_id), participant_id)
        values = iter(pipeline.execute())
    return [
        {
            question_id: unpack(participant_id, question_id, value)
            for question_id, value in zip(question_ids, values, strict=False)  # the next ones are of the next
            if value is not None
        }
        for _, participant_id, question_ids in wanted
    ]


def counts(redis: Redis, session_id: str, question_id: str) -> tuple[int, dict[str, int]]:
    """The leaderboard's version, 0 when the session is not in Redis, and the answers per option key at that moment.

    Options nobody chose are left out.
    """
    version, packed = read(
        redis,
        ("HGET", session_key(session_id, "meta"), "version"),
        ("HVALS", answers_key(session_id, question_id)),
    )
    return int(version or 0), dict(Counter(value[:1].decode() for value in packed))


def choices(redis: Redis, session_id: str, question_id: str) -> dict[str, str]:
    """The option key that each participant on the board has chosen."""
    with redis.pipeline(transaction=True) as pipeline:
        pipeline.hgetall(answers_key(session_id, question_id))
        pipeline.hkeys(session_key(session_id, "names"))
        packed, names = pipeline.execute()
    return {name.decode(): packed[name][:1].decode() for name in names if name in packed}


def answer_counts(redis: Redis, session_id: str, question_ids: Sequence[str]) -> list[int]:
    """How many answers are recorded to each question, those of kicked participants too."""
    with redis.pipeline(transaction=False) as pipeline:
        for question_id in question_ids:
            pipeline.hlen(answers_key(session_id, question_id))
        return pipeline.execute()


def pack(answer: Answer) -> str:
    """How an answer is kept: `option|correct|points|finished_at_ms|elapsed_ms|rule|answer_id`.

    Where something was allowed for latency, the rule is followed by it: `speed/1@40`.
    """
    rule = f"{answer.rule}@{answer.latency_ms}" if answer.latency_ms else answer.rule
    return (
        f"{answer.option}|{int(answer.correct)}|{answer.points}|{answer.finished_at_ms}|{answer.elapsed_ms}"
        f"|{rule}|{answer.answer_id}"
    )


def unpack(participant_id: str, question_id: str, packed: bytes) -> Answer:
    """The answer that was packed for this participant and question."""
    option, correct, points, finished_at_ms, elapsed_ms, rule, answer_id = packed.decode().split("|", 6)
    rule, _, latency_ms = rule.partition("@")
    return Answer(
        participant_id,
        question_id,
        answer_id,
        option,
        correct == "1",
        int(points),
        int(finished_at_ms),
        int(elapsed_ms),
        rule,
        int(latency_ms or 0),
    )


def _recorded(reply: list[Any], answers: Sequence[Answer]) -> Recorded:
    stored: list[Stored] = []
    for answer, total, other in zip(answers, reply[3::2], reply[4::2], strict=True):
        if other is not None:
            answer = unpack(answer.participant_id, answer.question_id, other)
        if total:
            stored.append(Stored(answer, *totals.shown(*totals.unpack(int(total)))))
        else:
            stored.append(Stored(answer, 0, 0, on_board=False))
    return Recorded(reply[0].decode(), int(reply[1]), stored)


def _refresh(redis: Redis, session_id: str) -> None:
    with redis.pipeline(transaction=False) as pipeline:
        for key in redis.smembers(session_key(session_id, "questions")):
            pipeline.expire(key, TTL_S)
        pipeline.execute()
