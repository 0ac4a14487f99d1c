"""Results on a terminal: JSON, or tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TextIO

import msgspec

__all__ = ["as_json", "show"]

LONGEST_ROW = 8  # fields of one thing that stand beside each other


def as_json(result: Any) -> str:
    """A document for programs."""
    return msgspec.json.format(msgspec.json.encode(result), indent=2).decode()


def show(result: Any, output: TextIO | None) -> None:
    """For people: a sentence, or tables: a list's rows, or a thing's fields, a line each when there are many, and
    then its lists.
    """
    if isinstance(result, str):
        print(result, file=output)
        return
    result = msgspec.to_builtins(result, builtin_types=())
    if isinstance(result, list):
        _table(result, output)
        return
    lists = {name: value for name, value in result.items() if _is_table(value)}
    fields = {name: value for name, value in result.items() if name not in lists}
    if fields:
        upright = lists or len(fields) > LONGEST_ROW
        _table([{"": name, " ": value} for name, value in fields.items()] if upright else [fields], output)
    for name, rows in lists.items():
        print(f"\n{name}:", file=output)
        _table(rows, output)


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _table(rows: list[dict[str, Any]], output: TextIO | None) -> None:
    if not rows:
        print("none", file=output)
        return
    table = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    if not any(name.strip() for name in table[0]):
        del table[0]
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    for line in table:
        print(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip(),
            file=output,
        )


def _cell(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value)) or "-"
    if isinstance(value, Mapping):
        return " ".join(f"{name}={_cell(inner)}" for name, inner in value.items()) or "-"
    text = "-" if value is None else str(value)
    return "".join(char if char.isprintable() else "?" for char in text)  # a name may hold escape sequences
