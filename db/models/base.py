"""What tables are made of: kinds of columns, and the database they are bound to."""

from __future__ import annotations

from typing import Any

from peewee import SQL, DatabaseProxy, DateTimeField, Field, Model, Node

__all__ = ["Lexemes", "Table", "Texts", "Timestamp", "Uuid", "database", "default", "references"]

database = DatabaseProxy()
"""Bound to a real database by `db.pool.Pool`."""


class Uuid(Field):
    """Native uuid column, lower-case text in Python."""

    field_type = "UUID"

    def python_value(self, value: Any) -> Any:
        return None if value is None else str(value)


class Timestamp(DateTimeField):
    """Timestamp with time zone; an aware datetime in UTC in Python."""

    field_type = "TIMESTAMPTZ"


class Texts(Field):
    """Array of text; a list of str in Python."""

    field_type = "TEXT[]"
    unpack = False  # one value, not several


class Lexemes(Field):
    """What is searched, as `db.search` writes it."""

    field_type = "TSVECTOR"


def default(sql: str) -> list[Node]:
    """What a column has when nothing is given, as SQL says it."""
    return [SQL(f"DEFAULT {sql}")]


def references(table: str, *, cascade: bool = False) -> list[Node]:
    """A foreign key to the `id` of a table."""
    return [SQL(f"REFERENCES {table} (id)" + (" ON DELETE CASCADE" if cascade else ""))]


class Table(Model):
    """A table of ours."""

    class Meta:
        database = database
        legacy_table_names = False
