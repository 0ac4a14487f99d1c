"""Frames as a client sends them (RFC 6455 §5.2), also such as no client should."""

from __future__ import annotations

import struct

__all__ = ["BINARY", "CLOSE", "CONTINUATION", "PING", "PONG", "TEXT", "closing", "frame", "text"]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MASK = b"\x5a\x01\xc3\x7f"


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = True,
    length_bytes: int | None = None,
    length: int | None = None,
) -> bytes:
    """One frame; `length_bytes` 2 or 8 forces the longer form, `length` announces another length than there is."""
    announced = len(payload) if length is None else length
    if length_bytes is None:
        length_bytes = 0 if announced < 126 else 2 if announced < 65536 else 8
    short = {0: announced, 2: 126, 8: 127}[length_bytes]
    head = bytes(((0x80 if fin else 0) | rsv << 4 | opcode, (0x80 if masked else 0) | short))
    if length_bytes == 2:
        head += struct.pack("!H", announced)
    elif length_bytes == 8:
        head += struct.pack("!Q", announced)
    if not masked:
        return head + payload
    return head + MASK + bytes(byte ^ MASK[index % 4] for index, byte in enumerate(payload))


def text(payload: str | bytes, *, fin: bool = True, opcode: int = TEXT) -> bytes:
    """A text frame, or with CONTINUATION a later part of one."""
    return frame(opcode, payload.encode() if isinstance(payload, str) else payload, fin=fin)


def closing(code: int | None, reason: bytes = b"") -> bytes:
    """A close frame."""
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)
