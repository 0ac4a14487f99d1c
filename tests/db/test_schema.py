"""The migrations make exactly what the models say, and keep out what must not get in."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from peewee import IntegrityError, PostgresqlDatabase
from playhouse.schema_diff import diff_models

from db import migrate, models
from db.ids import new_id
from db.pool import Pool

Call = Callable[..., Any]

MIGRATIONS = sorted(path.stem for path in migrate.DIRECTORY.glob("[0-9]*.py"))

_CATALOG = (
    """SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
       WHERE table_schema = 'public' AND table_name <> %s ORDER BY 1, 2""",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND conrelid::regclass::text <> %s
       ORDER BY 1, 2""",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> %s ORDER BY 1, 2",
)


def catalog(database: PostgresqlDatabase) -> list[list[tuple[Any, ...]]]:
    return [database.execute_sql(query, (migrate.HISTORY,)).fetchall() for query in _CATALOG]


def test_the_migrated_catalog_is_that_of_the_models(database_url: str, empty_database_url: str) -> None:
    migrated, made = PostgresqlDatabase(database_url), PostgresqlDatabase(empty_database_url)
    with migrated.connection_context(), made.connection_context(), made.bind_ctx(models.TABLES):
        for table in models.TABLES:
            table.create_table(safe=False)
        expected, found = catalog(made), catalog(migrated)
    assert len(expected[0]) > 60 and len(expected[1]) > 25 and len(expected[2]) > 15
    assert found == expected


def test_the_difference_between_models_and_schema_is_empty(pool: Pool) -> None:
    with pool.database.connection_context():
        assert str(diff_models(pool.database, models.TABLES)) == ""


def test_no_two_migrations_share_a_number() -> None:
    # But for 0009: what was applied is known by its name, so another name would be applied again. Both orders of
    # those two give the same schema.
    numbers = Counter(name.partition("_")[0] for name in MIGRATIONS)
    assert [number for number, count in numbers.items() if count > 1] == ["0009"]
    assert numbers["0009"] == 2


def test_up_applies_everything_once(empty_database_url: str) -> None:
    assert migrate.pending(empty_database_url) == MIGRATIONS
    assert migrate.up(empty_database_url) == MIGRATIONS
    assert migrate.up(empty_database_url) == []
    assert migrate.pending(empty_database_url) == []


def test_processes_that_start_together_migrate_one_after_the_other(empty_database_url: str) -> None:
    results: list[list[str]] = []
    errors: list[BaseException] = []

    def up() -> None:
        try:
            results.append(migrate.up(empty_database_url))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=up) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(results, key=len) == [[], [], [], [], MIGRATIONS]


def test_every_migration_can_be_taken_back(empty_database_url: str) -> None:
    migrate.up(empty_database_url)
    with migrate._runner(empty_database_url) as (database, runner):
        for name in reversed(MIGRATIONS):
            assert runner.down() == [name]
        assert database.get_tables() == [migrate.HISTORY]


@pytest.mark.parametrize(
    ("table", "constraint", "statement"),
    [
        ("options", "options_question_id_one_correct", "UPDATE options SET is_correct = true"),
        ("options", "options_position", "UPDATE options SET position = position + 3"),
        ("questions", "questions_time_limit_s", "UPDATE questions SET time_limit_s = 0"),
        ("questions", "questions_weight", "UPDATE questions SET weight = -1"),
        ("quizzes", "quizzes_status", "UPDATE quizzes SET status = 'draft'"),
        ("sessions", "sessions_join_code_digits", "UPDATE sessions SET join_code = '12345x'"),
        ("sessions", "sessions_state", "UPDATE sessions SET state = 'paused'"),
        ("sessions", "sessions_ended_at", "UPDATE sessions SET state = 'ended'"),
        ("sessions", "sessions_question_index", "UPDATE sessions SET question_index = 3"),
        ("participants", "participants_nickname", "UPDATE participants SET nickname = ''"),
        ("users", "users_role", "UPDATE users SET role = 'root'"),
    ],
)
def test_what_contradicts_the_rules_is_refused_by_the_database(
    pool: Pool, ann: dict[str, Any], table: str, constraint: str, statement: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        pool.call(pool.database.execute_sql, statement)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        (("A", False, 5), "answers_points"),
        (("A", True, -5), "answers_points"),
        (("E", True, 5), "answers_option"),
    ],
)
def test_an_impossible_answer_is_refused_by_the_database(
    pool: Pool, values: tuple[object, ...], constraint: str
) -> None:
    statement = (
        "INSERT INTO answers (session_id, question_id, participant_id, answer_id, option, correct, points, elapsed_ms, "
        "started_at, finished_at, rule) VALUES (%s, %s, %s, %s, %s, %s, %s, 0, now(), now(), 'flat/1')"
    )
    with pytest.raises(IntegrityError, match=constraint):
        pool.call(pool.database.execute_sql, statement, (*(new_id() for _ in range(4)), *values))
