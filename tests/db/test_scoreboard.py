"""The scoreboard: which answer counts, exact totals, and nothing that a repeated call could double."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from bus import subjects
from db import keys, live, scoreboard
from db.errors import InvalidAnswer
from db.ids import new_id
from db.scoreboard import Answer, BoardRow, Stored
from db.scripts import RECORD
from db.totals import MAX_POINTS, MAX_TIME_CS, pack, unpack

SESSION = "session-1"
EPOCH = "e1"


def seed(redis: Redis, *participants: str, session_id: str = SESSION) -> None:
    """A live session as `live.restore` leaves it."""
    meta, _, _, state, quiz, _ = keys.base_keys(session_id)
    redis.hset(meta, mapping={"epoch": EPOCH, "version": 1})
    redis.set(state, b"state")
    redis.set(quiz, b"quiz")
    for participant_id in participants:
        live.enter(redis, session_id, participant_id, participant_id.title())
    redis.hset(meta, mapping={"version": 1, "refreshed": int(time.time())})
    for key in keys.base_keys(session_id):
        redis.expire(key, keys.TTL_S)


def answer(participant_id: str = "ann", question_id: str = "q1", **changes: Any) -> Answer:
    base = Answer(
        participant_id, question_id, f"{participant_id}-{question_id}", "A", True, 100, 1_000, 2_345, "flat/1"
    )
    return base._replace(**changes)


def wrong(participant_id: str = "ann", question_id: str = "q1", **changes: Any) -> Answer:
    return answer(participant_id, question_id, **({"option": "B", "correct": False, "points": 0} | changes))


def dump(redis: Redis) -> dict[bytes, Any]:
    return {key: redis.dump(key) for key in redis.keys("*")}


def test_partitions_are_those_of_the_bus() -> None:
    for session_id in ["", "a", *(new_id() for _ in range(500))]:
        assert keys.partition(session_id) == subjects.partition(session_id)
    assert keys.PARTITIONS == subjects.PARTITIONS


def test_keys_of_a_session_share_the_hash_tag_of_its_partition() -> None:
    tag = f"{{p{keys.partition(SESSION)}}}:{SESSION}:"
    assert keys.base_keys(SESSION)[1] == f"{tag}board"
    assert keys.answers_key(SESSION, "q1") == f"{tag}answers:q1"


def test_correct_answers_add_points_and_time_and_wrong_ones_nothing(redis: Redis) -> None:
    seed(redis, "ann", "bob")
    given = [answer(), answer(question_id="q2", points=50, elapsed_ms=19), wrong("bob")]
    recorded = scoreboard.record(redis, SESSION, given)
    assert recorded is not None
    assert (recorded.epoch, recorded.version) == (EPOCH, 2)
    assert recorded.stored == [
        Stored(given[0], 150, 2_350),
        Stored(given[1], 150, 2_350),
        Stored(given[2], 0, 0),
    ]
    assert scoreboard.board(redis, SESSION) == (
        EPOCH,
        2,
        [BoardRow("ann", "Ann", 150, 2_350), BoardRow("bob", "Bob", 0, 0)],
    )


def test_the_board_is_ordered_by_score_then_time(redis: Redis) -> None:
    seed(redis, "slow", "fast", "best", "none", "late")
    scoreboard.record(
        redis,
        SESSION,
        [
            answer("slow", points=10, elapsed_ms=9_000),
            answer("fast", points=10, elapsed_ms=1_000),
            answer("best", points=11, elapsed_ms=60_000),
            answer("late", points=0, elapsed_ms=500),
        ],
    )
    board = scoreboard.board(redis, SESSION)
    assert board is not None
    assert [(row.participant_id, row.score, row.time_ms) for row in board.rows] == [
        ("best", 11, 60_000),
        ("fast", 10, 1_000),
        ("slow", 10, 9_000),
        ("none", 0, 0),
        ("late", 0, 500),
    ]


def test_the_first_answer_counts_and_is_returned_to_later_ones(redis: Redis) -> None:
    seed(redis, "ann")
    first = wrong(answer_id="first|with|bars")
    scoreboard.record(redis, SESSION, [first])
    recorded = scoreboard.record(redis, SESSION, [answer(answer_id="second")])
    assert recorded is not None
    assert recorded.stored == [Stored(first, 0, 0)]
    assert recorded.version == 3


def test_who_chose_what_is_known_of_everybody_on_the_board(redis: Redis) -> None:
    seed(redis, "ann", "bob", "cid")
    scoreboard.record(redis, SESSION, [answer(), wrong("bob"), answer("dan"), answer("ann", "q2")])
    assert scoreboard.choices(redis, SESSION, "q1") == {"ann": answer().option, "bob": wrong().option}
    assert scoreboard.choices(redis, SESSION, "q3") == {}


def test_what_was_allowed_for_latency_is_kept_whatever_the_id_looks_like(redis: Redis) -> None:
    seed(redis, "ann", "bob")
    given = [answer(latency_ms=40, answer_id="speed/1@7|@"), answer("bob", answer_id="@8|")]
    scoreboard.record(redis, SESSION, given)
    found = scoreboard.answers_of_question(redis, SESSION, "q1", ["ann", "bob"])
    assert found == {"ann": given[0], "bob": given[1]}
    assert (
        scoreboard.record(redis, SESSION, [answer(answer_id="later", latency_ms=90)]).stored[0].answer
        == given[0]
    )


def test_within_one_call_the_first_in_order_counts(redis: Redis) -> None:
    seed(redis, "ann")
    given = [answer(answer_id="1"), wrong(answer_id="2"), answer(answer_id="3", points=900)]
    recorded = scoreboard.record(redis, SESSION, given)
    assert recorded is not None
    assert recorded.stored == [Stored(given[0], 100, 2_340)] * 3


def test_a_repeated_call_gives_the_same_outcome_under_a_newer_version(redis: Redis) -> None:
    seed(redis, "ann", "bob")
    given = [answer(), wrong("bob"), answer("bob", "q2")]
    first, again = (scoreboard.record(redis, SESSION, given) for _ in range(2))
    assert first is not None and again is not None
    assert again.stored == first.stored
    assert again.version == first.version + 1


def test_a_session_that_is_not_here_is_told_and_not_half_made(redis: Redis) -> None:
    seed(redis, "ann", session_id="here")
    before = dump(redis)
    recorded = scoreboard.record_many(redis, {"gone": [answer()], "here": [answer()]})
    assert recorded["gone"] is None
    assert recorded["here"] is not None and recorded["here"].stored[0].score == 100
    assert {key for key in redis.keys("*") if b"gone" in key} == set()
    assert before.keys() < dump(redis).keys()
    assert scoreboard.board(redis, "gone") is None
    assert scoreboard.counts(redis, "gone", "q1") == (0, {})


def test_several_sessions_in_one_round_trip_stay_apart(redis: Redis) -> None:
    sessions = [f"s{n}" for n in range(20)]
    for session_id in sessions:
        seed(redis, "ann", session_id=session_id)
    recorded = scoreboard.record_many(redis, {sid: [answer(points=n)] for n, sid in enumerate(sessions)})
    assert {sid: one.stored[0].score for sid, one in recorded.items() if one} == {
        sid: n for n, sid in enumerate(sessions)
    }


def test_a_server_that_lost_the_script_gets_it_again(redis: Redis) -> None:
    seed(redis, "ann", session_id="s1")
    seed(redis, "ann", session_id="s2")
    for _ in range(2):
        redis.script_flush()
        recorded = scoreboard.record_many(redis, {"s1": [answer()], "s2": [answer()]})
        assert all(one and one.stored[0].score == 100 for one in recorded.values())
    redis.script_flush()
    assert live.enter(redis, "s1", "bob", "Bob") is not None


def test_who_was_kicked_does_not_come_back_by_answering(redis: Redis) -> None:
    seed(redis, "ann", "bob")
    live.leave(redis, SESSION, "bob")
    recorded = scoreboard.record(redis, SESSION, [answer("bob"), answer("ann")])
    assert recorded is not None
    assert recorded.stored == [Stored(answer("bob"), 0, 0, on_board=False), Stored(answer(), 100, 2_340)]
    board = scoreboard.board(redis, SESSION)
    assert board is not None and [row.participant_id for row in board.rows] == ["ann"]


def test_overwriting_moves_the_total_by_the_difference(redis: Redis) -> None:
    seed(redis, "ann")
    scoreboard.record(redis, SESSION, [answer(), answer(question_id="q2", points=7, elapsed_ms=1_000)])
    stands = wrong(answer_id="older")
    for _ in range(2):
        recorded = scoreboard.record(redis, SESSION, [stands], overwrite=True)
        assert recorded is not None and recorded.stored == [Stored(stands, 7, 1_000)]
    back = answer(points=30, elapsed_ms=10)
    recorded = scoreboard.record(redis, SESSION, [back], overwrite=True)
    assert recorded is not None and recorded.stored == [Stored(back, 37, 1_010)]
    assert scoreboard.answers_of_question(redis, SESSION, "q1", ["ann"]) == {"ann": back}


@pytest.mark.parametrize(
    "bad",
    [
        {"points": -1},
        {"points": (1 << 20) + 1},
        {"correct": False},
        {"option": "E"},
        {"elapsed_ms": -1},
        {"elapsed_ms": 1 << 31},
        {"finished_at_ms": 1 << 60},
        {"rule": "a|b"},
        {"answer_id": ""},
        {"answer_id": "\ud800"},
    ],
)
def test_an_impossible_answer_is_refused_before_anything_is_written(
    redis: Redis, bad: dict[str, Any]
) -> None:
    seed(redis, "ann")
    before = dump(redis)
    with pytest.raises(InvalidAnswer):
        scoreboard.record(redis, SESSION, [answer(question_id="q2"), answer(**bad)])
    assert dump(redis) == before


@pytest.mark.parametrize(
    "bad",
    [
        [7, "ann", -(1 << 20) - 1, 0, "A|0|-1|1|1|r|x"],
        [7, "ann", "nan", 0, "A|1|1|1|1|r|x"],
        [7, "ann", "inf", 0, "A|1|1|1|1|r|x"],
        [7, "ann", 1.5, 0, "A|1|1|1|1|r|x"],
        [7, "ann", 1, -1, "A|1|1|1|1|r|x"],
        [7, "ann", "x", 0, "A|1|1|1|1|r|x"],
        [7, "ann", 1, 0, "E|1|1|1|1|r|x"],
        [7, "ann", 1, 0, "A|1|--1|1|1|r|x"],
        [8, "ann", 1, 0, "A|1|1|1|1|r|x"],
        [2, "ann", 1, 0, "A|1|1|1|1|r|x"],
        [7, "ann", 1, 0],
    ],
)
def test_the_script_itself_refuses_too(redis: Redis, bad: list[Any]) -> None:
    seed(redis, "ann")
    before = dump(redis)
    good = [7, "ann", 1, 0, "A|1|1|1|1|r|x"]
    with pytest.raises(ResponseError, match="INVALIDANSWER"):
        RECORD(redis, [*keys.base_keys(SESSION), keys.answers_key(SESSION, "q1")], [60, 0, *good, *bad])
    assert dump(redis) == before


def test_a_debt_is_kept_but_not_shown_and_paid_back_first(redis: Redis) -> None:
    seed(redis, "ann", "bob")
    debt = [wrong(points=-500, answer_id="1"), wrong("bob", points=-20, answer_id="2")]
    recorded = scoreboard.record(redis, SESSION, debt)
    assert recorded is not None
    assert [(stored.score, stored.time_ms) for stored in recorded.stored] == [(0, 0), (0, 0)]
    scoreboard.record(redis, SESSION, [answer(question_id="q2", points=700, elapsed_ms=1_000)])
    assert scoreboard.raw_totals(redis, SESSION) == {"ann": (200, 1_000), "bob": (-20, 0)}
    board = scoreboard.board(redis, SESSION)
    assert board is not None
    assert [(row.participant_id, row.score) for row in board.rows] == [("ann", 200), ("bob", 0)]
    standing_still = scoreboard.board(redis, SESSION, without="q2")
    assert standing_still is not None
    assert {row.score for row in standing_still.rows} == {0}
    entered = live.enter(redis, SESSION, "bob", "Bob")
    assert entered is not None
    assert entered.score == 0


def test_totals_stop_at_what_a_double_holds_exactly(redis: Redis) -> None:
    seed(redis, "ann")
    questions = [answer(question_id=f"q{n}", points=1 << 20, elapsed_ms=0) for n in range(2_049)]
    recorded = scoreboard.record(redis, SESSION, questions)
    assert recorded is not None and recorded.stored[0].score == MAX_POINTS
    slow = [answer(question_id=f"t{n}", points=0, elapsed_ms=(1 << 31) - 1) for n in range(3)]
    recorded = scoreboard.record(redis, SESSION, slow)
    assert recorded is not None
    assert (recorded.stored[0].score, recorded.stored[0].time_ms) == (MAX_POINTS, MAX_TIME_CS * 10)
    assert pack(MAX_POINTS, 0) < 2**53 and float(pack(MAX_POINTS, 1)) == pack(MAX_POINTS, 1)
    assert unpack(pack(MAX_POINTS + 5, MAX_TIME_CS + 5)) == (MAX_POINTS, MAX_TIME_CS * 10)
    assert unpack(pack(-MAX_POINTS - 5, MAX_TIME_CS + 5)) == (-MAX_POINTS, MAX_TIME_CS * 10)
    assert float(pack(-MAX_POINTS, 1)) == pack(-MAX_POINTS, 1)


def test_of_answers_racing_through_threads_exactly_one_counts(redis: Redis) -> None:
    seed(redis, "ann")
    recorded: list[Stored] = []
    barrier = threading.Barrier(4)

    def race(name: str) -> None:
        for n in range(30):
            barrier.wait(10)
            outcome = scoreboard.record(
                redis, SESSION, [answer(question_id=f"q{n}", answer_id=name, points=ord(name) - 64)]
            )
            assert outcome is not None
            recorded.append(outcome.stored[0])

    threads = [threading.Thread(target=race, args=(name,)) for name in "ABCD"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners: dict[str, set[Answer]] = {}
    for stored in recorded:
        winners.setdefault(stored.answer.question_id, set()).add(stored.answer)
    assert len(recorded) == 120
    assert all(len(answers) == 1 for answers in winners.values())
    board = scoreboard.board(redis, SESSION)
    assert board is not None
    assert board.rows[0].score == sum(one.points for answers in winners.values() for one in answers)


def test_recorded_answers_can_be_looked_up(redis: Redis) -> None:
    seed(redis, "ann", "bob", "eve")
    given = [answer("ann"), wrong("bob"), wrong("eve", answer_id="é|"), answer("ann", "q2")]
    scoreboard.record(redis, SESSION, given)
    assert scoreboard.answers_of_question(redis, SESSION, "q1", ["ann", "eve", "zoe"]) == {
        "ann": given[0],
        "eve": given[2],
    }
    assert scoreboard.answers_of_question(redis, SESSION, "q1", []) == {}
    assert scoreboard.answers_of_participant(redis, SESSION, "ann", ["q1", "q2", "q3"]) == {
        "q1": given[0],
        "q2": given[3],
    }
    assert scoreboard.answers_of_participant(redis, SESSION, "ann", []) == {}
    wanted = [
        (SESSION, "bob", ["q2", "q1"]),
        ("s2", "ann", ["q1"]),
        (SESSION, "zoe", []),
        (SESSION, "ann", ["q2"]),
    ]
    together = scoreboard.answers_of_participants(redis, wanted)
    assert together == [{"q1": given[1]}, {}, {}, {"q2": given[3]}]
    assert scoreboard.counts(redis, SESSION, "q1") == (2, {"A": 1, "B": 2})


def test_activity_keeps_every_key_of_the_session_alive(redis: Redis) -> None:
    seed(redis, "ann")
    scoreboard.record(redis, SESSION, [answer(question_id="old")])
    for key in redis.keys("*"):
        redis.expire(key, 100)
    # More than an hour later:
    redis.hset(keys.session_key(SESSION, "meta"), "refreshed", 1)
    scoreboard.record(redis, SESSION, [answer(question_id="new")])
    remaining = {key: redis.ttl(key) for key in redis.keys("*")}
    assert len(remaining) == 8
    assert all(ttl > keys.TTL_S - 60 for ttl in remaining.values()), remaining
