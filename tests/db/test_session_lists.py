"""Lists of sessions and participants: in order, page by page, and read by an index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from db import participants, session_lists, sessions, users
from db.errors import InvalidCursor
from db.models import database
from tests.joining import join

Call = Callable[..., Any]

COUNT = 10_000
RUNNING = 7


@pytest.fixture
def crowded(call: Call, quiz: dict[str, Any]) -> dict[str, Any]:
    """10,000 sessions of one host, a few of them running, and another one's, all running."""
    other = call(users.create, "other@example.org", "hash", "Other")

    def fill() -> None:
        for number, (host_id, count, running) in enumerate(
            ((quiz["owner_id"], COUNT, RUNNING), (other["id"], 2_000, 2_000))
        ):
            database.execute_sql(
                "INSERT INTO sessions (id, quiz_id, host_id, join_code, pacing, scoring, question_count, snapshot, "
                "state, ended_at) SELECT gen_random_uuid(), %s, %s, (100000000 + %s * 10000000 + n)::text, 'host', "
                "'flat', 1, '', CASE WHEN n <= %s THEN 'open' ELSE 'ended' END, CASE WHEN n > %s THEN now() END "
                "FROM generate_series(1, %s) AS n",
                (quiz["id"], host_id, number, running, running, count),
            )
        database.execute_sql("ANALYZE sessions")  # as autovacuum does sooner or later

    call(fill)
    return quiz


def plan(call: Call, *wanted: Any, **more: Any) -> str:
    query, values = session_lists.statement(*wanted, **more).sql()
    rows = call(lambda: database.execute_sql("EXPLAIN " + query, values).fetchall())
    return "\n".join(row[0] for row in rows)


def test_ten_thousand_sessions_of_one_host_are_listed_by_one_indexed_query(
    call: Call, crowded: dict[str, Any]
) -> None:
    host_id = crowded["owner_id"]
    _, cursor = call(session_lists.page, host_id, 20)
    for wanted in ({}, {"cursor": cursor}, {"state": "ended"}, {"state": "ended", "cursor": cursor}):
        text = plan(call, host_id, 20, **wanted)
        assert "Index Scan Backward using sessions_host_id_id on" in text, text
        assert "Seq Scan" not in text and "Sort" not in text, text
    text = plan(call, host_id, 20, state="open")
    assert "sessions_host_id_id_live" in text and "Seq Scan" not in text, text


def test_walking_all_pages_shows_each_of_ten_thousand_once(call: Call, crowded: dict[str, Any]) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        items, cursor = call(session_lists.page, crowded["owner_id"], 100, cursor)
        seen += [item["id"] for item in items]
        if cursor is None:
            break
    assert len(seen) == COUNT and seen == sorted(set(seen), reverse=True)


def test_a_state_narrows_the_list(call: Call, crowded: dict[str, Any]) -> None:
    running, _ = call(session_lists.page, crowded["owner_id"], 100, state="open")
    assert len(running) == RUNNING and {item["state"] for item in running} == {"open"}
    assert call(session_lists.page, crowded["owner_id"], 100, state="lobby") == ([], None)


def test_a_listed_session_is_the_session(call: Call, session: dict[str, Any]) -> None:
    assert call(session_lists.page, session["host_id"]) == ([call(sessions.get, session["id"])], None)


@pytest.mark.parametrize("host_id", ["", "nobody", "' OR true --"])
def test_who_is_nobody_has_no_sessions(call: Call, host_id: str) -> None:
    assert call(session_lists.page, host_id) == ([], None)


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "é", "\x00", "A" * 200])
def test_a_made_up_cursor_is_refused(call: Call, session: dict[str, Any], cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        call(session_lists.page, session["host_id"], 20, cursor)
    with pytest.raises(InvalidCursor):
        call(participants.page, session["id"], 20, cursor)


def test_participants_come_in_the_order_they_joined(call: Call, session: dict[str, Any]) -> None:
    joined = [call(join, session["id"], None, f"P{number}")["id"] for number in range(5)]
    call(participants.kick, joined[1])
    first, cursor = call(participants.page, session["id"], 2)
    assert [(item["id"], item["kicked"]) for item in first] == [(joined[0], False), (joined[1], True)]
    second, cursor = call(participants.page, session["id"], 2, cursor)
    third, end = call(participants.page, session["id"], 2, cursor)
    assert [item["id"] for item in second + third] == joined[2:] and end is None


def test_participants_of_a_large_session_are_listed_by_an_index(
    call: Call, session: dict[str, Any], crowded: dict[str, Any]
) -> None:
    def fill() -> None:
        database.execute_sql(
            "INSERT INTO participants (id, session_id, nickname, nickname_key, resume_hash) "
            "SELECT gen_random_uuid(), sessions.id, n::text, n::text, decode(repeat('00', 32), 'hex') "
            "FROM sessions, generate_series(1, CASE WHEN sessions.id = %s THEN 2000 ELSE 1 END) AS n",
            (session["id"],),
        )
        database.execute_sql("ANALYZE participants")

    call(fill)
    rows = call(lambda: database.execute_sql(*_explained(session["id"])).fetchall())
    text = "\n".join(row[0] for row in rows)
    assert "participants_session_id_id" in text and "Seq Scan" not in text and "Sort" not in text, text


def _explained(session_id: str) -> tuple[str, tuple[Any, ...]]:
    query, values = participants.page_statement(session_id, 100)
    return "EXPLAIN " + query, values
