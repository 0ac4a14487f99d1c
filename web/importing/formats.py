"""Which format a file has, and its parser."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Literal, get_args

from web.importing.aiken import parse_aiken
from web.importing.blocks import blocks
from web.importing.gift import parse_gift
from web.importing.kahoot import parse_kahoot
from web.importing.opentrivia import parse_opentrivia
from web.importing.own_json import parse_own_json
from web.importing.questions import Parsed, Unreadable
from web.importing.unpacking import is_zip, names, unpacked

__all__ = ["FORMATS", "Format", "detect", "parse"]

Format = Literal["opentrivia", "json", "zip", "gift", "aiken", "xlsx"]
FORMATS: tuple[Format, ...] = get_args(Format)

QUIZ_FILE = "quiz.json"
"""In a zip, beside the folder `media/` with the pictures."""

_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_AIKEN = re.compile(rb"(?:\A|[\r\n])[ \t]*ANSWER:", re.IGNORECASE)
_JSON = re.compile(rb"\s*(?:\{\s*(?:[\"}]|\Z)|\[\s*(?:[\"{\[\]]|\Z))")
"""How JSON begins. In GIFT a question may begin with `[html]`."""
_GIFT = re.compile(rb"(?<!\\)\{\s*(?:[=~#]|T\b|F\b|TRUE\b|FALSE\b|\})", re.IGNORECASE)


_ENDINGS: dict[str, Format] = {".json": "json", ".xlsx": "xlsx", ".zip": "zip"}


def detect(data: bytes, name: str = "") -> Format:
    """The format of a file, from what is in it; when that says nothing, from the ending of its name.

    Raises Unreadable for files that are surely none of these.
    """
    named = _ENDINGS.get(PurePath(name).suffix.lower())
    if is_zip(data):
        inside = names(data, "XLSX" if named == "xlsx" else "zip")
        if QUIZ_FILE in inside:
            return "zip"
        if "[Content_Types].xml" in inside:
            return "xlsx"
        raise Unreadable(f"There is neither {QUIZ_FILE} nor a workbook in this zip file.")
    if data.startswith(_OLD_EXCEL):
        raise Unreadable("This is an old or encrypted Office file: save it as .xlsx without a password.")
    text = data.removeprefix(b"\xef\xbb\xbf")
    if text.lstrip().startswith(b"{") and b'"questions"' in text:
        return "json"
    if any(block[0].lstrip().startswith(b"#Q") for _, block in blocks(text)):
        return "opentrivia"
    if named is not None:
        return named
    if _JSON.match(text):
        return "json"
    if b"\0" in data:
        raise Unreadable("This file is damaged: it is no text in UTF-8, no JSON, no zip and no XLSX.")
    aiken, gift = len(_AIKEN.findall(text)), len(_GIFT.findall(text))
    if aiken > gift:
        return "aiken"
    return "gift" if gift else "opentrivia"


def parse(data: bytes, form: Format) -> Parsed:
    """Everything in the file. Raises Unreadable, TooLarge."""
    match form:
        case "opentrivia":
            return Parsed(*parse_opentrivia(data))
        case "gift":
            return Parsed(*parse_gift(data))
        case "aiken":
            return Parsed(*parse_aiken(data))
        case "json":
            return parse_own_json(data)
        case "xlsx":
            return parse_kahoot(data)
        case "zip":
            files = unpacked(data, "zip")
            if QUIZ_FILE not in files:
                raise Unreadable(f"There is no {QUIZ_FILE} in this zip file.")
            return parse_own_json(files.pop(QUIZ_FILE), files)
