"""Live state: compare and set, the board's members, and rebuilding all of it from PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from db import answers, keys, live, participants, scoreboard, sessions
from db.answers import AnswerRow
from db.errors import Busy, Conflict, NotFound
from db.ids import new_id
from db.live import Live
from db.scoreboard import Answer
from tests.joining import join

Call = Callable[..., Any]


def answer_of(participant: dict[str, Any], question_id: str, **changes: Any) -> Answer:
    base = Answer(
        participant["id"], question_id, "answer|1", "A", True, 100, 1_700_000_000_000, 2_345, "flat/1"
    )
    return base._replace(**changes)


def row_of(session: dict[str, Any], answer: Answer) -> AnswerRow:
    return AnswerRow(session_id=session["id"], **answer._asdict())


def dump(redis: Redis) -> dict[bytes, Any]:
    return {key: redis.dump(key) for key in redis.keys("*")}


@pytest.fixture
def restored(call: Call, redis: Redis, session: dict[str, Any], ann: dict[str, Any]) -> Live:
    """The session with Ann, live."""
    return call(live.restore, redis, session["id"], state=b"first")


def test_a_session_starts_by_being_restored(
    call: Call, redis: Redis, session: dict[str, Any], ann: dict[str, Any], bob: dict[str, Any]
) -> None:
    assert live.load(redis, session["id"]) is None
    assert live.load_state(redis, session["id"]) is None
    started = call(live.restore, redis, session["id"], state=b"first")
    assert started == Live(started.epoch, b"first", call(sessions.snapshot, session["id"]))
    assert len(started.epoch) == 16
    assert live.load(redis, session["id"]) == started
    assert live.load_state(redis, session["id"]) == (started.epoch, b"first")
    board = scoreboard.board(redis, session["id"])
    assert board is not None
    assert (board.epoch, board.version) == (started.epoch, 1)
    assert [(row.nickname, row.score) for row in board.rows] == [("Ann", 0), ("Bob", 0)]
    assert all(redis.ttl(key) > keys.TTL_S - 60 for key in redis.keys("*"))


def test_restoring_what_is_there_changes_nothing(
    call: Call, redis: Redis, session: dict[str, Any], restored: Live
) -> None:
    before = dump(redis)
    assert call(live.restore, redis, session["id"], state=b"other") == restored
    assert dump(redis) == before


def test_a_lost_session_comes_back_with_every_stored_answer_under_a_new_epoch(
    call: Call,
    redis: Redis,
    session: dict[str, Any],
    ann: dict[str, Any],
    bob: dict[str, Any],
    restored: Live,
) -> None:
    q1, q2 = new_id(), new_id()
    eve = call(join, session["id"], None, "Eve")
    for one in (bob, eve):
        live.enter(redis, session["id"], one["id"], one["nickname"])
    given = [
        answer_of(ann, q1),
        answer_of(ann, q2, points=20, elapsed_ms=999),
        answer_of(bob, q1, option="B", correct=False, points=0),
        answer_of(eve, q1),
    ]
    scoreboard.record(redis, session["id"], given)
    call(answers.insert_many, [row_of(session, one) for one in given])
    call(participants.kick, eve["id"])
    live.leave(redis, session["id"], eve["id"])
    call(sessions.save_state, session["id"], state="open", version=2, seq=2, question_index=0, live=b"second")
    before = scoreboard.board(redis, session["id"])
    redis.flushall()

    again = call(live.restore, redis, session["id"], state=b"first")
    assert again.epoch != restored.epoch
    assert again.state == b"second"
    board = scoreboard.board(redis, session["id"])
    assert before is not None and board is not None
    assert board.rows == before.rows
    assert scoreboard.answers_of_question(redis, session["id"], q1, [ann["id"], bob["id"], eve["id"]]) == {
        one.participant_id: one for one in given if one.question_id == q1
    }
    assert scoreboard.counts(redis, session["id"], q1) == (1, {"A": 2, "B": 1})
    # The same answers again are duplicates, also with another option.
    recorded = scoreboard.record(
        redis, session["id"], [given[0]._replace(answer_id="2", option="C"), given[1]]
    )
    assert recorded is not None
    assert [one.answer for one in recorded.stored] == given[:2]
    assert recorded.stored[0].score == 120
    assert {row.participant_id: (row.score, row.time_ms) for row in board.rows} == {
        pid: (score, time_ms)
        for pid, score, time_ms in call(answers.totals, session["id"])
        if pid != eve["id"]
    }


@pytest.mark.parametrize("name", ["meta", "state", "quiz"])
def test_half_a_session_is_no_session(
    call: Call, redis: Redis, session: dict[str, Any], ann: dict[str, Any], restored: Live, name: str
) -> None:
    scoreboard.record(redis, session["id"], [answer_of(ann, "never-stored")])
    redis.delete(keys.session_key(session["id"], name))
    assert live.load(redis, session["id"]) is None
    again = call(live.restore, redis, session["id"], state=b"first")
    assert again.epoch != restored.epoch
    # What PostgreSQL does not hold was not kept: it will be recorded when it is delivered again.
    assert scoreboard.counts(redis, session["id"], "never-stored") == (1, {})
    board = scoreboard.board(redis, session["id"])
    assert board is not None and board.rows[0].score == 0


def test_answers_left_over_from_an_earlier_epoch_are_not_taken_over(
    call: Call,
    redis: Redis,
    session: dict[str, Any],
    quiz: dict[str, Any],
    ann: dict[str, Any],
    restored: Live,
) -> None:
    question_id = quiz["questions"][0]["id"]
    scoreboard.record(redis, session["id"], [answer_of(ann, question_id)])
    redis.delete(*keys.base_keys(session["id"]))
    call(live.restore, redis, session["id"], state=b"first")
    recorded = scoreboard.record(redis, session["id"], [answer_of(ann, question_id, answer_id="again")])
    assert recorded is not None
    assert (recorded.stored[0].answer.answer_id, recorded.stored[0].score) == ("again", 100)


def test_who_comes_and_what_changes_lives_no_longer_than_the_rest(
    call: Call, redis: Redis, session: dict[str, Any]
) -> None:
    sid = session["id"]
    call(live.restore, redis, sid, state=b"first")
    for key in redis.keys("*"):
        redis.expire(key, 1_000)
    live.enter(redis, sid, "ann", "Ann")
    live.enter(redis, sid, "bob", "Bob")
    live.leave(redis, sid, "ann")
    live.swap_state(redis, sid, b"first", b"second")
    scoreboard.record(redis, sid, [Answer("bob", "q1", "1", "A", True, 1, 1, 1, "flat/1")])
    ttls = {key.decode().rpartition(":")[2]: redis.ttl(key) for key in redis.keys("*")}
    answers_ttl = ttls.pop("q1")
    assert ttls.keys() == {"meta", "board", "names", "state", "quiz", "questions"}
    assert all(900 < ttl <= 1_000 for ttl in ttls.values()), ttls
    assert answers_ttl > 1_000


def test_who_restores_at_once_gets_the_same_session(
    call: Call, redis: Redis, session: dict[str, Any], ann: dict[str, Any]
) -> None:
    got: list[Live] = []
    threads = [
        threading.Thread(target=lambda: got.append(call(live.restore, redis, session["id"], state=b"x")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert len(set(got)) == 1
    assert redis.get(keys.session_key(session["id"], "lock")) is None


def test_a_session_restored_by_somebody_else_a_moment_ago_is_left_alone(
    call: Call, redis: Redis, session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    load, others = live.load, []

    def somebody_else_is_faster(client: Redis, session_id: str) -> Live | None:
        found = load(client, session_id)
        monkeypatch.setattr(live, "load", load)
        others.append(call(live.restore, client, session_id, state=b"x"))
        return found

    monkeypatch.setattr(live, "load", somebody_else_is_faster)
    assert call(live.restore, redis, session["id"], state=b"x") == others[0]


def test_a_dead_restorer_is_waited_for_and_then_replaced(
    call: Call, redis: Redis, session: dict[str, Any]
) -> None:
    redis.set(keys.session_key(session["id"], "lock"), b"dead", px=300)
    assert call(live.restore, redis, session["id"], state=b"x").state == b"x"


def test_a_restorer_that_takes_too_long_means_try_again(
    call: Call, redis: Redis, session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOCK_WAIT_S", 0.1)
    lock = keys.session_key(session["id"], "lock")
    redis.set(lock, b"other")
    with pytest.raises(Busy):
        call(live.restore, redis, session["id"], state=b"x")
    assert redis.get(lock) == b"other"
    assert live.load(redis, session["id"]) is None


def test_a_restorer_that_lost_its_lock_writes_nothing_over_the_other(
    call: Call, redis: Redis, session: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = keys.session_key(session["id"], "lock")
    read = sessions.snapshot

    def slow(session_id: str) -> bytes:
        if redis.get(lock) != b"other":
            redis.set(lock, b"other", px=200)
        return read(session_id)

    monkeypatch.setattr(sessions, "snapshot", slow)
    written: list[bytes] = []
    execute = live._rebuild

    def rebuild(*arguments: Any) -> Live | None:
        result = execute(*arguments)
        written.append(b"yes" if result else b"no")
        monkeypatch.setattr(sessions, "snapshot", read)
        return result

    monkeypatch.setattr(live, "_rebuild", rebuild)
    assert call(live.restore, redis, session["id"], state=b"x").state == b"x"
    assert written == [b"no", b"yes"]


def test_what_cannot_be_restored(call: Call, redis: Redis, session: dict[str, Any]) -> None:
    with pytest.raises(Conflict) as refused:
        call(live.restore, redis, session["id"])
    assert refused.value.code == "session_not_running"
    for session_id in ("x", "\x00", new_id()):
        with pytest.raises(NotFound):
            call(live.restore, redis, session_id, state=b"x")
    assert redis.keys("*") == []


def test_the_state_changes_only_from_the_one_that_was_read(
    redis: Redis, session: dict[str, Any], restored: Live
) -> None:
    sid = session["id"]
    assert live.swap_state(redis, sid, b"first", b"second")
    assert not live.swap_state(redis, sid, b"first", b"third")
    # A call that is sent again after its reply was lost has succeeded, not failed.
    assert live.swap_state(redis, sid, b"first", b"second")
    assert live.load_state(redis, sid) == (restored.epoch, b"second")
    assert not live.swap_state(redis, "gone", b"first", b"second")
    assert not redis.exists(keys.session_key("gone", "state"))


def test_of_changes_made_at_once_one_succeeds(redis: Redis, session: dict[str, Any], restored: Live) -> None:
    won: list[int] = []
    threads = [
        threading.Thread(
            target=lambda n=n: live.swap_state(redis, session["id"], b"first", b"%d" % n) and won.append(n)
        )
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    state = live.load_state(redis, session["id"])
    assert state is not None and state[1] == b"%d" % won[0]


def test_entering_again_keeps_the_score(
    redis: Redis, session: dict[str, Any], ann: dict[str, Any], restored: Live
) -> None:
    sid = session["id"]
    scoreboard.record(redis, sid, [answer_of(ann, "q1")])
    assert live.enter(redis, sid, ann["id"], "Ann") == (restored.epoch, 3, 100, 2340)
    assert live.enter(redis, sid, "bob", "Bob") == (restored.epoch, 4, 0, 0)
    board = scoreboard.board(redis, sid)
    assert board is not None
    assert [(row.nickname, row.score) for row in board.rows] == [("Ann", 100), ("Bob", 0)]
    assert live.leave(redis, sid, "bob") == (restored.epoch, 5)
    assert live.leave(redis, sid, "bob") == (restored.epoch, 6)


def test_whoever_was_thrown_out_does_not_enter_again(
    call: Call, redis: Redis, session: dict[str, Any], ann: dict[str, Any], restored: Live
) -> None:
    sid = session["id"]
    call(participants.kick, ann["id"])
    left = live.leave(redis, sid, ann["id"])
    group = {sid: [(ann["id"], "Ann"), ("bob", "Bob")]}
    assert live.enter_all(redis, group)[sid] == [None, (restored.epoch, 3, 0, 0)]
    call(sessions.save_state, sid, state="open", version=2, seq=2, question_index=0, live=b"second")
    live.forget(redis, sid)
    epoch = call(live.restore, redis, sid).epoch
    with pytest.raises(Conflict, match="removed you"):
        live.enter(redis, sid, ann["id"], "Ann")
    board = scoreboard.board(redis, sid)
    assert left == (restored.epoch, 2) and board == (epoch, 1, []), (
        "and no version, which nobody would be told"
    )


def test_nobody_enters_or_leaves_a_session_that_is_not_here(redis: Redis) -> None:
    assert live.enter(redis, "gone", "ann", "Ann") is None
    assert live.leave(redis, "gone", "ann") is None
    assert redis.keys("*") == []


def test_forgetting_leaves_nothing(
    redis: Redis, session: dict[str, Any], ann: dict[str, Any], restored: Live
) -> None:
    scoreboard.record(redis, session["id"], [answer_of(ann, "q1")])
    live.forget(redis, session["id"])
    assert redis.keys("*") == []
