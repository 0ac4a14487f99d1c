"""Live state of one session in Redis: load it, change it, rebuild it from PostgreSQL.

Every function but `restore` says so (None or False) when the session is not in Redis; then call `restore` and
the function again.
"""

from __future__ import annotations

import secrets
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import msgspec
from redis import Redis
from redis.exceptions import WatchError

from db import answers, participants, sessions, totals
from db.errors import Busy, Conflict, NotFound
from db.keys import TTL_S, answers_key, base_keys, gone_field, session_key
from db.scoreboard import Answer, pack
from db.scripts import ENTER, LEAVE, RENAME, SWAP
from db.wire import read

__all__ = [
    "Entered",
    "Live",
    "enter",
    "enter_all",
    "forget",
    "leave",
    "load",
    "load_state",
    "rename",
    "restore",
    "states",
    "swap_state",
]

_T = TypeVar("_T")

LOCK_TTL_S = 10
LOCK_WAIT_S = 15.0  # longer than a dead holder's lock lives
_POLL_S = 0.02
_CHUNK = 1_000


class Live(NamedTuple):
    """What a session is played from. `epoch` changes when the live state was rebuilt."""

    epoch: str
    state: bytes
    quiz: bytes  # JSON of bus.messages.Quiz


class _Question(msgspec.Struct):
    id: str


class _Quiz(msgspec.Struct):
    questions: list[_Question]


_questions = msgspec.json.Decoder(_Quiz)


class Entered(NamedTuple):
    """A participant's place on the board."""

    epoch: str
    version: int  # of the leaderboard that has them
    score: int
    time_ms: int


def load(redis: Redis, session_id: str) -> Live | None:
    """The session at one moment, or None when it is not in Redis."""
    epoch, (state, quiz) = read(
        redis,
        ("HGET", session_key(session_id, "meta"), "epoch"),
        ("MGET", session_key(session_id, "state"), session_key(session_id, "quiz")),
    )
    if epoch is None or state is None or quiz is None:
        return None
    return Live(epoch.decode(), state, quiz)


def load_state(redis: Redis, session_id: str) -> tuple[str, bytes] | None:
    """`(epoch, state)` without the quiz, which may be megabytes; or None."""
    with redis.pipeline(transaction=True) as pipeline:
        pipeline.hget(session_key(session_id, "meta"), "epoch")
        pipeline.get(session_key(session_id, "state"))
        epoch, state = pipeline.execute()
    return None if epoch is None or state is None else (epoch.decode(), state)


def swap_state(redis: Redis, session_id: str, old: bytes, new: bytes) -> bool:
    """Put `new` in place of `old`; False when the state is neither (somebody else changed it, or it is gone)."""
    (swapped,) = SWAP.run_all(redis, [(base_keys(session_id), (old, new))])
    return bool(swapped)


def enter(redis: Redis, session_id: str, participant_id: str, nickname: str) -> Entered | None:
    """Put a participant on the board with 0, or leave them as they are; None when the session is not in Redis.

    Raises Conflict `kicked`.
    """
    entered = enter_all(redis, {session_id: [(participant_id, nickname)]})[session_id]
    if entered is None:
        return None
    if entered[0] is None:
        raise Conflict("kicked", "the host removed you from this session")
    return entered[0]


def enter_all(
    redis: Redis, groups: Mapping[str, Sequence[tuple[str, str]]]
) -> dict[str, list[Entered | None] | None]:
    """As `enter`, for `(participant, nickname)` of several sessions at once; each session's get one version.

    None for whoever was kicked: looking at PostgreSQL before cannot tell, as that may happen in between.
    """
    calls = [
        (base_keys(session_id), [text for one in group for text in one])
        for session_id, group in groups.items()
    ]
    replies = ENTER.run_all(redis, calls)
    return {session_id: _all_entered(reply) for session_id, reply in zip(groups, replies, strict=True)}


def leave(redis: Redis, session_id: str, participant_id: str) -> tuple[str, int] | None:
    """Take a participant off the board for good, their answers stay: `(epoch, version)`, or None."""
    return _changed(LEAVE(redis, base_keys(session_id), (participant_id,)))


def rename(redis: Redis, session_id: str, participant_id: str, nickname: str) -> Entered | None:
    """Give a participant on the board another name; None when they are not on it, or the session is not in Redis."""
    renamed = _all_entered(RENAME(redis, base_keys(session_id), (participant_id, nickname)))
    return None if renamed is None else renamed[0]


def states(redis: Redis, session_ids: Sequence[str]) -> list[bytes | None]:
    """The states of several sessions; None for each that is not in Redis."""
    with redis.pipeline(transaction=False) as pipeline:
        for session_id in session_ids:
            pipeline.get(session_key(session_id, "state"))
        return pipeline.execute()


def forget(redis: Redis, session_id: str) -> None:
    """Remove everything of a session from Redis; PostgreSQL keeps what `restore` needs."""
    keys = [*base_keys(session_id), *_answer_keys(redis, session_id)]
    redis.unlink(*keys)


def restore(redis: Redis, session_id: str, *, state: bytes | None = None) -> Live:
    """Rebuild the session in Redis from PostgreSQL, under a new epoch; does nothing when it is there already.

    The state is the one saved last, or `state` for a session that was just started. Call it with a connection
    open (`Pool.call`). It waits while another process rebuilds the session. What somebody did meanwhile on a
    state that was about to be replaced is theirs to repeat: `enter` and `leave` after a restore, always. Raises
    NotFound, Conflict `session_not_running` without any state, Busy when the other process takes too long.
    """
    lock, token = session_key(session_id, "lock"), secrets.token_hex(8).encode()
    give_up_at = time.monotonic() + LOCK_WAIT_S
    while True:
        if live := load(redis, session_id):
            return live
        # A retried SET whose first reply was lost finds its own token.
        if redis.set(lock, token, nx=True, ex=LOCK_TTL_S) or redis.get(lock) == token:
            try:
                if live := load(redis, session_id) or _rebuild(redis, session_id, state, lock, token):
                    return live
            except WatchError:
                pass  # the lock was lost on the way, or the connection: look again
            finally:
                _release(redis, lock, token)
        if time.monotonic() > give_up_at:
            raise Busy(f"session {session_id} is being rebuilt by another process: try again")
        time.sleep(_POLL_S)


def _rebuild(redis: Redis, session_id: str, state: bytes | None, lock: str, token: bytes) -> Live | None:
    """Everything in one MULTI, so that nobody sees half a session; None or WatchError when the lock was lost on the way."""
    session = sessions.get(session_id)
    if session is None:
        raise NotFound("session", session_id)
    state = session["live"] if session["live"] is not None else state
    if state is None:
        raise Conflict("session_not_running", "this session was never started")
    live = Live(secrets.token_hex(8), state, sessions.snapshot(session_id))
    # Answers before participants: whoever answered has joined before.
    packed, sums = _recorded(session_id)
    everybody = participants.all_of(session_id)
    names = {one["id"]: one["nickname"] for one in everybody if not one["kicked"]}
    gone = {gone_field(one["id"]): 1 for one in everybody if one["kicked"]}
    board = {participant_id: totals.pack(*sums.get(participant_id, (0, 0))) for participant_id in names}

    meta_key, board_key, names_key, state_key, quiz_key, questions_key = keys = base_keys(session_id)
    with redis.pipeline(transaction=True) as pipeline:
        pipeline.watch(lock)  # type: ignore[no-untyped-call]
        if pipeline.get(lock) != token:
            return None
        # Answers outlive the rest by up to an hour: those of an earlier epoch may still be there, unlisted.
        stale = {answers_key(session_id, one.id) for one in _questions.decode(live.quiz).questions}
        stale.update(_answer_keys(redis, session_id))
        pipeline.multi()
        pipeline.unlink(*keys, *stale)
        meta: dict[Any, Any] = {"epoch": live.epoch, "version": 1, "refreshed": int(time.time())}
        pipeline.hset(meta_key, mapping=meta | gone)
        pipeline.set(state_key, live.state)
        pipeline.set(quiz_key, live.quiz)
        for chunk in _chunks(names.items()):
            pipeline.hset(names_key, mapping=dict(chunk))
        for chunk in _chunks(board.items()):
            pipeline.zadd(board_key, dict(chunk))
        for question_id, by_participant in packed.items():
            key = answers_key(session_id, question_id)
            for chunk in _chunks(by_participant.items()):
                pipeline.hset(key, mapping=dict(chunk))
            pipeline.sadd(questions_key, key)
            pipeline.expire(key, TTL_S)
        for key in keys:
            pipeline.expire(key, TTL_S)
        pipeline.execute()
    return live


def _recorded(session_id: str) -> tuple[dict[str, dict[str, str]], dict[str, tuple[int, int]]]:
    """Packed answers by question and participant; points and time_cs by participant."""
    packed: dict[str, dict[str, str]] = defaultdict(dict)
    sums: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in answers.of_session(session_id):
        packed[row.question_id][row.participant_id] = pack(
            Answer(
                row.participant_id,
                row.question_id,
                row.answer_id,
                row.option,
                row.correct,
                row.points,
                row.finished_at_ms,
                row.elapsed_ms,
                row.rule,
                row.latency_ms,
            )
        )
        points, time_cs = sums[row.participant_id]
        time_cs += row.elapsed_ms // 10 if row.correct else 0
        sums[row.participant_id] = points + row.points, time_cs
    return packed, sums


def _answer_keys(redis: Redis, session_id: str) -> list[str]:
    members: Iterable[Any] = redis.smembers(session_key(session_id, "questions"))
    return [key.decode() for key in members]


def _release(redis: Redis, lock: str, token: bytes) -> None:
    with redis.pipeline(transaction=True) as pipeline:
        try:
            pipeline.watch(lock)  # type: ignore[no-untyped-call]
            if pipeline.get(lock) == token:
                pipeline.multi()
                pipeline.delete(lock)
                pipeline.execute()
        except WatchError:
            pass  # expired and taken by somebody else


def _all_entered(reply: Sequence[Any] | None) -> list[Entered | None] | None:
    if reply is None:
        return None
    epoch, version, *all_totals = reply
    return [
        None
        if total is None
        else Entered(epoch.decode(), int(version), *totals.shown(*totals.unpack(int(total))))
        for total in all_totals
    ]


def _changed(reply: Sequence[Any] | None) -> tuple[str, int] | None:
    return None if reply is None else (reply[0].decode(), int(reply[1]))


def _chunks(items: Iterable[_T]) -> Iterable[list[_T]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
