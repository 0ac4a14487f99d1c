"""COPY into a table: about five times as fast as the fastest INSERT."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

from db.errors import InvalidText
from db.models import database
from db.text import is_storable

__all__ = ["copy_rows"]

_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def copy_rows(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Append rows of str, int, bool or None. Raises InvalidText before anything is sent."""
    text = "".join("\t".join(map(_field, row)) + "\n" for row in rows)
    if not is_storable(text):
        raise InvalidText(table)
    with database.cursor() as cursor:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", StringIO(text))


def _field(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return _SPECIAL.sub(lambda match: _ESCAPES[match.group()], value) if _SPECIAL.search(value) else value
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)
