"""Lists of users: found by the beginning of address or name, by an index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from db import user_lists, users
from db.models import database

Call = Callable[..., Any]


@pytest.fixture
def crowd(call: Call) -> None:
    """20,000 users."""

    def fill() -> None:
        database.execute_sql(
            "INSERT INTO users (id, email, password_hash, display_name) SELECT gen_random_uuid(), "
            "'user' || n || '@example.org', 'hash', 'Name ' || n FROM generate_series(1, 20000) AS n"
        )
        database.execute_sql("ANALYZE users")  # as autovacuum does sooner or later

    call(fill)


@pytest.mark.usefixtures("crowd")
def test_one_of_many_is_found_by_an_index(call: Call) -> None:
    for text, email in (("USER4711@", "user4711@example.org"), (" name 4711", "user4711@example.org")):
        found, cursor = call(user_lists.page, text)
        assert ([user["email"] for user in found], cursor) == ([email], None)
    query, values = user_lists.statement("user4711@", 50)
    plan = "\n".join(
        row[0] for row in call(lambda: database.execute_sql("EXPLAIN " + query, values).fetchall())
    )
    assert "users_email_begins" in plan and "users_display_name_begins" in plan, plan


def test_a_deleted_user_is_not_listed_and_wildcards_are_letters(call: Call) -> None:
    kept = call(users.create, "a_b%c@example.org", "hash", "Kept")
    gone = call(users.create, "axbyc@example.org", "hash", "Gone")
    assert [user["id"] for user in call(user_lists.page, "a_b%")[0]] == [kept["id"]]
    call(
        lambda: database.execute_sql(
            "UPDATE users SET email = NULL, deleted_at = now() WHERE id = %s", (gone["id"],)
        )
    )
    assert [user["id"] for user in call(user_lists.page)[0]] == [kept["id"]]
    assert call(user_lists.get, gone["id"]) is None
    assert call(user_lists.get, kept["id"])["banned"] is False
    assert call(user_lists.page, "\x00") == ([], None)
