"""Lists of quizzes: what they find, and that ten thousand are read by an index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from db import quiz_lists, quizzes, search, tags, users
from db.models import database

Call = Callable[..., Any]


def found(call: Call, owner_id: str | None, **wanted: Any) -> list[str]:
    return [item["title"] for item in call(quiz_lists.page, owner_id, **wanted)[0]]


@pytest.fixture
def library(call: Call, host: dict[str, Any]) -> dict[str, Any]:
    """Three quizzes of the host and one of somebody else; two are public."""
    other = call(users.create, "other@example.org", "hash", "Other")
    for owner_id, title, more in (
        (host["id"], "Größe der Planeten", {"tags": ["weltraum", "schule"]}),
        (host["id"], "Café au lait", {"description": "Naïve questions", "visibility": "public"}),
        (host["id"], "Жуки и птицы", {"tags": ["schule"]}),
        (other["id"], "Cafeteria", {"visibility": "public", "tags": ["schule"]}),
    ):
        call(quizzes.create, owner_id, {"title": title, "questions": []} | more)
    return host


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("GROSSE", ["Größe der Planeten"]),
        ("gröss", ["Größe der Planeten"]),
        ("CAFE", ["Café au lait"]),
        ("lait caf", ["Café au lait"]),
        ("naive", ["Café au lait"]),
        ("ЖУК", ["Жуки и птицы"]),
        ("Weltraum", ["Größe der Planeten"]),
        ("afé", []),
        ("café planet", []),
        ("!?", []),
        ("' | 'x':*", []),
        ("  ", ["Жуки и птицы", "Café au lait", "Größe der Planeten"]),
    ],
)
def test_text_finds_beginnings_of_words_without_case_and_accents(
    call: Call, library: dict[str, Any], text: str, titles: list[str]
) -> None:
    assert found(call, library["id"], text=text) == titles


def test_public_lists_show_everybodys_public_quizzes_only(call: Call, library: dict[str, Any]) -> None:
    assert found(call, None) == ["Cafeteria", "Café au lait"]
    assert found(call, None, text="cafe") == ["Cafeteria", "Café au lait"]
    assert found(call, None, tag="schule") == ["Cafeteria"]
    assert found(call, None, text="größe") == []


def test_tag_and_status_narrow_the_list(call: Call, library: dict[str, Any]) -> None:
    assert found(call, library["id"], tag="schule") == ["Жуки и птицы", "Größe der Planeten"]
    assert found(call, library["id"], tag="schul") == []
    assert found(call, library["id"], tag="schule", text="planeten") == ["Größe der Planeten"]
    assert len(found(call, library["id"], status="DRAFT")) == 3
    assert found(call, library["id"], status="ENDED") == []


def test_what_was_renamed_is_found_by_its_new_words_alone(call: Call, quiz: dict[str, Any]) -> None:
    call(quizzes.replace, quiz["id"], {"title": "Subtraction", "questions": [], "tags": ["minus"]})
    assert found(call, quiz["owner_id"], text="sums") == []
    assert found(call, quiz["owner_id"], text="subtr minus") == ["Subtraction"]


def test_long_texts_and_many_words_can_be_searched(call: Call, host: dict[str, Any]) -> None:
    title, description = "漢" * 200, "ab " * 600
    call(quizzes.create, host["id"], {"title": title, "description": description, "questions": []})
    assert found(call, host["id"], text="漢漢") == [title]
    assert found(call, host["id"], text="ab " * 100) == [title]


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("  Maths ", "maths"),
        ("#Général", "général"),
        ("ｆｕｌｌ", "full"),
        ("a\u200bb  c", "ab c"),
        ("\u200b", ""),
    ],
)
def test_tags_are_cleaned(given: str, clean: str) -> None:
    assert tags.clean(given) == clean
    assert tags.clean(clean) == clean


COUNT = 10_000
OTHERS = 2_000


@pytest.fixture
def crowded(call: Call, host: dict[str, Any]) -> dict[str, Any]:
    """10,000 quizzes of one host, and some of another one."""
    other = call(users.create, "other@example.org", "hash", "Other")

    def fill() -> None:
        for owner_id, count in ((host["id"], COUNT), (other["id"], OTHERS)):
            database.execute_sql(
                "INSERT INTO quizzes (id, owner_id, title, visibility, status, tags, search) "
                "SELECT gen_random_uuid(), %s, 'Quiz ' || n, CASE WHEN n %% 5 = 0 THEN 'public' ELSE 'private' END, "
                "(ARRAY['DRAFT', 'STARTED', 'ENDED'])[1 + n %% 3], ARRAY['tag' || n %% 500], "
                "array_to_tsvector(ARRAY['quiz', n::text]) FROM generate_series(1, %s) AS n",
                (owner_id, count),
            )
        # As autovacuum does sooner or later.
        database.execute_sql("SELECT gin_clean_pending_list('quizzes_search_tags_visible')")
        database.execute_sql("ANALYZE quizzes")

    call(fill)
    return host


def plan(call: Call, *wanted: Any, **more: Any) -> str:
    query, values = quiz_lists.statement(*wanted, **more)
    rows = call(lambda: database.execute_sql("EXPLAIN " + query, values).fetchall())
    return "\n".join(row[0] for row in rows)


def test_ten_thousand_quizzes_of_one_host_are_listed_by_one_indexed_query(
    call: Call, crowded: dict[str, Any]
) -> None:
    _, cursor = call(quiz_lists.page, crowded["id"], 20)
    for wanted in ({}, {"cursor": cursor}, {"status": "ENDED"}, {"status": "ENDED", "cursor": cursor}):
        text = plan(call, crowded["id"], 20, **wanted)
        assert "Index Scan Backward using quizzes_owner_id_id_visible" in text, text
        assert "Seq Scan" not in text and "Sort" not in text, text


def test_everybodys_public_quizzes_are_listed_by_an_index(call: Call, crowded: dict[str, Any]) -> None:
    text = plan(call, None, 20)
    assert "Index Scan Backward using quizzes_id_public" in text and "Sort" not in text, text


@pytest.mark.parametrize("wanted", [{"words": search.query("4711")}, {"tag": "tag77"}])
def test_what_is_rare_is_found_by_an_index(call: Call, crowded: dict[str, Any], wanted: Any) -> None:
    text = plan(call, None, 20, **wanted)
    assert "quizzes_search_tags_visible" in text and "Seq Scan" not in text, text


def test_walking_all_pages_shows_each_of_ten_thousand_once(call: Call, crowded: dict[str, Any]) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        items, cursor = call(quiz_lists.page, crowded["id"], 100, cursor)
        seen += [item["id"] for item in items]
        if cursor is None:
            break
    assert len(seen) == COUNT and seen == sorted(set(seen), reverse=True)
