"""Reading much of the database in several queries, as it was at one moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from db.models import database

__all__ = ["one_moment"]


@contextmanager
def one_moment() -> Iterator[None]:
    """All queries inside see what the first of them saw. Not within another transaction."""
    with database.atomic():
        database.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
