"""Whole requests of the plain shape, which nearly all have, read at one look. Every other is for h11 to read or to refuse.

What is taken here is less than h11 takes, and never understood in another way: no bare line feeds, folded lines, control characters or
spaces beside names, no transfer encodings, one Host, and one length at most.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

from web.incoming_bodies import FREE_BYTES

__all__ = ["Plain", "Unlike", "read"]

HEAD_BYTES = 16 * 1024
"""As Hypercorn has it."""

BODY_BYTES = FREE_BYTES
"""Longer bodies have to ask for room."""

_LINE = re.compile(rb"([A-Z]{1,16}) (/[\x21-\x7e]*+) HTTP/1\.1\r\n")
_FIELD = rb"([!#$%&'*+.^_`|~0-9A-Za-z-]++):[ \t]*+([^\x00-\x08\x0a-\x1f\x7f]*+)\r\n"
_FIELDS = re.compile(rb"(?:%b)*+" % _FIELD)
_EACH = re.compile(_FIELD)
_FRAMING = frozenset(
    (b"host", b"content-length", b"transfer-encoding", b"connection", b"upgrade", b"expect")
)  # at most once


class Plain(NamedTuple):
    """A request, with all of its body."""

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]  # names in lower case, in the order in which they came
    body: bytes
    last: bool  # the client wants no more of this connection
    websocket: bool  # a handshake
    size: int  # bytes, from its first to its last


class Unlike(Enum):
    """Why there is none."""

    PARTIAL = auto()  # there may be when more has come
    OTHER = auto()


def read(data: bytes) -> Plain | Unlike:
    """The request at the beginning of `data`."""
    end = data.find(b"\r\n\r\n", 0, HEAD_BYTES) + 2
    if end < 2:
        return Unlike.PARTIAL if len(data) < HEAD_BYTES else Unlike.OTHER
    line = _LINE.match(data)
    if line is None or _FIELDS.fullmatch(data, line.end(), end) is None:
        return Unlike.OTHER
    headers = []
    framing: dict[bytes, bytes] = {}
    for name, value in _EACH.findall(data, line.end(), end):
        name, value = name.lower(), value.rstrip(b" \t")
        headers.append((name, value))
        if name in _FRAMING:
            if name in framing:
                return Unlike.OTHER
            framing[name] = value
    if b"host" not in framing or b"transfer-encoding" in framing or b"expect" in framing:
        return Unlike.OTHER
    length = _length(framing.get(b"content-length", b"0"))
    if length is None:
        return Unlike.OTHER
    method, target = line[1].decode(), line[2]
    options = [option.strip() for option in framing.get(b"connection", b"").lower().split(b",")]
    websocket = False
    if (upgrade := framing.get(b"upgrade")) is not None:
        websocket = upgrade.lower() == b"websocket" and b"upgrade" in options
        if not websocket or method != "GET" or b"content-length" in framing:
            return Unlike.OTHER
    start, end = end + 2, end + 2 + length
    if len(data) < end:
        return Unlike.PARTIAL
    return Plain(method, target, headers, data[start:end], b"close" in options, websocket, end)


def _length(text: bytes) -> int | None:
    if not text.isdigit() or len(text) > 8 or (length := int(text)) > BODY_BYTES:
        return None
    return length
