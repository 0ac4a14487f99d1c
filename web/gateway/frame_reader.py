"""The frames of one WebSocket client, read strictly by RFC 6455. No I/O, no extensions, nothing kept but one message.

A participant's message is a few dozen bytes in one frame, nearly always: that is the way that is short here.
"""

from __future__ import annotations

from codecs import IncrementalDecoder, getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

__all__ = ["Broken", "Closing", "Control", "Frame", "FrameReader", "Ping", "unmasked"]

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FINAL = 0x80
MASKED = 0x80
RESERVED = 0x70

CODES = frozenset((1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)))
"""What a peer may close with: RFC 6455 §7.4, and the IANA registry."""

_decoder = getincrementaldecoder("utf-8")


class Control(Enum):
    """Frames that are no message, and whose payload is of no interest."""

    PART = auto()
    """A fragment of a message that goes on."""
    PONG = auto()


class Broken(Enum):
    """What a peer did wrong. Nothing can be read after it."""

    PROTOCOL = auto()
    NOT_UTF8 = auto()
    TOO_LARGE = auto()


@dataclass(frozen=True, slots=True)
class Ping:
    """To be answered with a pong of the same payload."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Closing:
    """The peer closes, or answers our close. Nothing is read after it."""

    code: int | None


Frame = str | bytes | Ping | Closing | Control | Broken
"""A whole message, of text or binary, where its last frame is; or what another frame is."""


class FrameReader:
    """Bytes in, frames out. `largest` is the size of a message in bytes, at most."""

    __slots__ = ("_decoder", "_largest", "_opcode", "_parts", "_rest", "_size")

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._rest = b""  # of a frame that has not all come
        self._opcode = CONTINUATION  # of the message whose fragments are coming in; CONTINUATION: of none
        self._parts: list[str] | list[bytes] = []
        self._size = 0  # of them, in bytes
        self._decoder: IncrementalDecoder | None = None

    def read(self, data: bytes) -> Iterator[Frame]:
        """Take what has come in, and give every frame that is whole now. After a Closing or Broken, ask no more."""
        if self._rest:
            data, self._rest = self._rest + data, b""
        at, end = 0, len(data)
        while end - at >= 2:
            first, second = data[at], data[at + 1]
            opcode, length, start = first & 0x0F, second & 0x7F, at + 2
            if first & RESERVED or not second & MASKED or not self._may_follow(opcode, first & FINAL, length):
                yield Broken.PROTOCOL
                return
            if length > 125:
                start += 2 if length == 126 else 8
                if end < start:
                    break
                shortest = 126 if length == 126 else 65_536
                length = int.from_bytes(data[at + 2 : start], "big")
                if length < shortest or length >> 63:
                    yield Broken.PROTOCOL
                    return
            if opcode < CLOSE and self._size + length > self._largest:
                yield Broken.TOO_LARGE
                return
            stop = start + 4 + length
            if end < stop:
                break
            payload = unmasked(data[start : start + 4], data[start + 4 : stop])
            at = stop
            if opcode == TEXT and first & FINAL:
                try:
                    yield payload.decode()
                except UnicodeDecodeError:
                    yield Broken.NOT_UTF8
                    return
            elif opcode >= CLOSE:
                yield _control(opcode, payload)
            else:
                yield self._joined(opcode, payload, final=bool(first & FINAL))
        self._rest = data[at:]

    def _may_follow(self, opcode: int, final: int, length: int) -> bool:
        """Whether RFC 6455 §5.4 and §5.5 allow this frame after those that came."""
        if opcode >= CLOSE:
            return opcode <= PONG and bool(final) and length <= 125
        if opcode == CONTINUATION:
            return self._opcode != CONTINUATION
        return opcode <= BINARY and self._opcode == CONTINUATION

    def _joined(self, opcode: int, payload: bytes, *, final: bool) -> Frame:
        """One fragment, or a binary message; the whole message with the last of them."""
        if opcode != CONTINUATION:
            self._opcode = opcode
            self._decoder = _decoder() if opcode == TEXT else None
        self._size += len(payload)
        try:
            part = payload if self._decoder is None else self._decoder.decode(payload, final)
        except UnicodeDecodeError:
            return Broken.NOT_UTF8
        self._parts.append(part)  # type: ignore[arg-type]
        if not final:
            return Control.PART
        whole = part[:0].join(self._parts)  # type: ignore[arg-type]
        self._opcode, self._parts, self._size, self._decoder = CONTINUATION, [], 0, None
        return whole


def unmasked(key: bytes, data: bytes) -> bytes:
    """`data` with the client's masking key of four bytes taken off (§5.3)."""
    length = len(data)
    keys = (key * (length // 4 + 1))[:length]
    return (int.from_bytes(data, "little") ^ int.from_bytes(keys, "little")).to_bytes(length, "little")


def _control(opcode: int, payload: bytes) -> Frame:
    if opcode == PING:
        return Ping(payload)
    if opcode == PONG:
        return Control.PONG
    if not payload:
        return Closing(None)
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or code not in CODES:
        return Broken.PROTOCOL
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        return Broken.NOT_UTF8
    return Closing(code)
