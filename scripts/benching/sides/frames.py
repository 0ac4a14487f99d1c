"""A server's WebSocket frames out of a stream of bytes: unmasked, unfragmented, as our server writes them."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["Frames"]


class Frames:
    """What of the stream is not a whole frame yet."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Opcode and payload of every frame that is complete now."""
        buffer = self._rest + data if self._rest else data
        at, end = 0, len(buffer)
        while end - at >= 2:
            length, start = buffer[at + 1], at + 2
            if length == 126:
                length, start = int.from_bytes(buffer[at + 2 : at + 4], "big"), at + 4
            elif length == 127:
                length, start = int.from_bytes(buffer[at + 2 : at + 10], "big"), at + 10
            if end < start + length or end < start:
                break
            yield buffer[at] & 0x0F, buffer[start : start + length]
            at = start + length
        self._rest = buffer[at:]
