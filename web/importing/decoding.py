"""Text of unknown encoding: UTF-8 where it is UTF-8, Windows-1252 where it is not, in one and the same file."""

from __future__ import annotations

import re

__all__ = ["decode"]


def _windows(byte: int) -> str:
    raw = bytes((byte,))
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:  # one of the five holes
        return raw.decode("latin-1")


_ESCAPED = {0xDC00 + byte: _windows(byte) for byte in range(0x80, 0x100)}
"""From Python's escapes for bytes that are no UTF-8 to the characters they are in Windows-1252."""

_LOST = re.compile("(?<=[^\x00-\x7f\udc80-\udcff])[\udcc3-\udcf4]\\?")
"""A first byte whose next one became a question mark, right after a character beyond ASCII: a lossy conversion of
UTF-8, seen in OpenTriviaQA. Read as Windows-1252 it would be a letter that nobody wrote."""


def decode(data: bytes) -> str:
    """The text. Never fails: bytes that are no UTF-8 are read as Windows-1252, its five holes as Latin-1, and a
    character that had been destroyed before is U+FFFD."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        escaped = data.decode(errors="surrogateescape")
        return _LOST.sub("\ufffd", escaped).translate(_ESCAPED)
