"""Workbooks without formulas: what somebody wrote is text in them, whatever it looks like."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

__all__ = ["XLSX", "Sheet"]

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

MAX_ROWS = 1_000_000
"""A little less than a sheet holds."""

_MAX_CELL_CHARS = 32_767
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_LIKE_MORE = re.compile(r"\s*[=+\-@#\t\r\n＝＋－＠]")


class Sheet:
    """A sheet that is written row by row, and goes on in another one when it is full."""

    def __init__(self, workbook: Workbook, title: str, header: Iterable[object] = ()) -> None:
        self._workbook = workbook
        self._title = title
        self._header = tuple(header)
        self._number = 0
        self._begin()

    def append(self, row: Iterable[object]) -> None:
        """Write one row of str, int, float, bool or None."""
        if self._rows == MAX_ROWS:
            self._begin()
        self._rows += 1
        self._sheet.append([self._cell(value) for value in row])

    def _begin(self) -> None:
        self._number += 1
        title = self._title if self._number == 1 else f"{self._title} {self._number}"
        self._sheet: Any = self._workbook.create_sheet(title)
        self._rows = 0
        if self._header:
            self.append(self._header)

    def _cell(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        text = _NO_XML.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))[:_MAX_CELL_CHARS]
        if not _LOOKS_LIKE_MORE.match(text):
            return text
        # Text by type: never calculated. Quoted by style: Excel leaves it text when somebody edits the cell.
        cell = WriteOnlyCell(self._sheet, "")
        cell._value = text  # type: ignore[attr-defined]  # by `value` it would become a formula
        cell.data_type = "s"
        cell.quotePrefix = True
        return cell
