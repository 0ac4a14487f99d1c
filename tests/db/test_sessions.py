"""Sessions: join codes, saved states, and what ending does to the quiz."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import pytest

from db import quizzes, sessions
from db.errors import Conflict, NotFound
from db.ids import new_id
from db.models import database

Call = Callable[..., Any]


@pytest.fixture
def start(call: Call, quiz: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Another session of the quiz."""
    snapshot = call(quizzes.snapshot, quiz["id"])
    return lambda: call(sessions.create, quiz["id"], quiz["owner_id"], snapshot, "self", "flat")


def save(call: Call, session: dict[str, Any], state: str, seq: int, live: bytes = b"live") -> bool:
    return call(
        sessions.save_state,
        session["id"],
        state=state,
        version=seq + 10,
        seq=seq,
        question_index=0,
        live=live,
    )


def codes(monkeypatch: pytest.MonkeyPatch, *numbers: str) -> None:
    given = iter(numbers)
    monkeypatch.setattr(sessions, "_new_join_code", lambda _digits: next(given))


def test_a_new_session_waits_in_the_lobby(call: Call, quiz: dict[str, Any], session: dict[str, Any]) -> None:
    assert session == {
        "id": session["id"],
        "quiz_id": quiz["id"],
        "host_id": quiz["owner_id"],
        "join_code": session["join_code"],
        "pacing": "host",
        "timing": None,
        "settings": None,
        "scoring": "flat",
        "state": "lobby",
        "version": 1,
        "seq": 1,
        "question_index": -1,
        "question_count": 2,
        "live": None,
        "created_at": session["created_at"],
        "ended_at": None,
    }
    assert call(sessions.get, session["id"]) == session
    assert call(sessions.live_by_join_code, session["join_code"]) == session
    assert call(sessions.snapshot, session["id"]) == call(quizzes.snapshot, quiz["id"])
    assert call(quizzes.get, quiz["id"])["status"] == "STARTED"


def test_the_snapshot_stays_when_the_quiz_is_rewritten(
    call: Call, quiz: dict[str, Any], session: dict[str, Any]
) -> None:
    before = call(sessions.snapshot, session["id"])
    call(quizzes.replace, quiz["id"], {"title": "Other", "questions": []})
    assert call(sessions.snapshot, session["id"]) == before


def test_a_code_in_use_is_drawn_again(
    start: Callable[[], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    codes(monkeypatch, "111111", "111111", "111111", "222222")
    assert [start()["join_code"], start()["join_code"]] == ["111111", "222222"]


def test_drawing_codes_ends_when_none_is_free(
    start: Callable[[], dict[str, Any]], call: Call, quiz: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    codes(monkeypatch, *["111111"] * 100)
    start()
    with pytest.raises(Conflict) as refused:
        start()
    assert refused.value.code == "join_code_exhausted"


def test_a_code_rests_for_a_day_after_the_end(
    start: Callable[[], dict[str, Any]], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes(monkeypatch, *["111111"] * 100)
    first = start()
    call(sessions.end, first["id"])
    assert call(sessions.live_by_join_code, "111111") is None
    with pytest.raises(Conflict):
        start()
    call(database.execute_sql, "UPDATE sessions SET ended_at = now() - interval '25 hours'")
    second = start()
    assert call(sessions.live_by_join_code, "111111") == second


def test_of_sessions_drawing_the_same_code_at_once_one_gets_it(
    call: Call, host: dict[str, Any], draft: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    barrier, local = threading.Barrier(4), threading.local()

    def draw(_digits: int) -> str:
        """The first draw of every thread is the same, and made at the same moment."""
        local.draws = getattr(local, "draws", 0) + 1
        if local.draws == 1:
            barrier.wait(10)
            return "333333"
        return f"{threading.get_ident() % 900_000 + local.draws:06d}"

    def start_own_quiz() -> None:
        quiz = call(quizzes.create, host["id"], draft)
        made.append(
            call(sessions.create, quiz["id"], host["id"], call(quizzes.snapshot, quiz["id"]), "host", "flat")
        )

    monkeypatch.setattr(sessions, "_new_join_code", draw)
    made: list[dict[str, Any]] = []
    threads = [threading.Thread(target=start_own_quiz) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    drawn = [session["join_code"] for session in made]
    assert len(set(drawn)) == 4
    assert drawn.count("333333") == 1


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345x", "１２３４５６", "\x00", "-12345"])
def test_what_is_not_a_code_finds_nothing(call: Call, session: dict[str, Any], code: str) -> None:
    assert call(sessions.live_by_join_code, code) is None


def test_only_a_later_state_replaces_the_saved_one(call: Call, session: dict[str, Any]) -> None:
    assert save(call, session, "lobby", 1, b"one")
    assert not save(call, session, "lobby", 1, b"again")
    assert save(call, session, "open", 3, b"three")
    assert not save(call, session, "lobby", 2, b"two")
    found = call(sessions.get, session["id"])
    assert {name: found[name] for name in ("state", "version", "seq", "question_index", "live")} == {
        "state": "open",
        "version": 13,
        "seq": 3,
        "question_index": 0,
        "live": b"three",
    }


def test_the_quiz_has_ended_when_its_last_session_has(
    call: Call, quiz: dict[str, Any], session: dict[str, Any], start: Callable[[], dict[str, Any]]
) -> None:
    other = start()
    assert call(sessions.live_by_quiz, quiz["id"])["id"] == other["id"]
    assert save(call, other, "ended", 5)
    assert call(sessions.get, other["id"])["ended_at"] is not None
    assert call(quizzes.get, quiz["id"])["status"] == "STARTED"
    assert call(sessions.live_by_quiz, quiz["id"])["id"] == session["id"]
    assert call(sessions.end, session["id"])
    assert not call(sessions.end, session["id"])
    assert call(quizzes.get, quiz["id"])["status"] == "ENDED"
    assert call(sessions.live_by_quiz, quiz["id"]) is None
    start()
    assert call(quizzes.get, quiz["id"])["status"] == "STARTED"


def test_an_ended_session_does_not_come_back(call: Call, session: dict[str, Any]) -> None:
    assert save(call, session, "ended", 5)
    ended_at = call(sessions.get, session["id"])["ended_at"]
    assert not save(call, session, "open", 6)
    assert save(call, session, "ended", 7)
    assert call(sessions.get, session["id"])["ended_at"] == ended_at


def test_two_sessions_that_end_at_once_end_the_quiz(
    call: Call, quiz: dict[str, Any], start: Callable[[], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    end_quiz_of, barrier = sessions._end_quiz_of, threading.Barrier(2)

    def meet_first(session_id: str) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(0.5)
        end_quiz_of(session_id)

    first, second = start(), start()
    monkeypatch.setattr(sessions, "_end_quiz_of", meet_first)
    threads = [
        threading.Thread(target=save, args=(call, first, "ended", 5)),
        threading.Thread(target=call, args=(sessions.end, second["id"])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert call(quizzes.get, quiz["id"])["status"] == "ENDED"


def test_what_is_not_there(call: Call, quiz: dict[str, Any]) -> None:
    for session_id in ("", "x", "\x00", new_id()):
        assert call(sessions.get, session_id) is None
        assert call(sessions.live_by_quiz, session_id) is None
        assert not call(sessions.end, session_id)
        assert not save(call, {"id": session_id}, "open", 9)
        with pytest.raises(NotFound):
            call(sessions.snapshot, session_id)
        with pytest.raises(NotFound):
            call(sessions.create, session_id, quiz["owner_id"], b'{"questions":[]}', "host", "flat")


def test_a_close_is_kept_without_waiting_for_the_disk_and_what_comes_next_waits(
    call: Call, session: dict[str, Any]
) -> None:
    def close_and_ask() -> str:
        database.execute_sql("SET synchronous_commit = on")  # it is off in tests
        try:
            assert save(call, session, "closing", 2)
            return database.execute_sql("SHOW synchronous_commit").fetchone()[0]
        finally:
            database.execute_sql("RESET synchronous_commit")

    assert call(close_and_ask) == "on"
    kept = call(sessions.get, session["id"])
    assert (kept["state"], kept["live"]) == ("closing", b"live")
