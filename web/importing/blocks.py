"""Text files as blocks of lines, divided by blank lines."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["MAX_BLOCK_BYTES", "blocks"]

MAX_BLOCK_BYTES = 64 * 1024
"""No block of a question that we accept is longer; a longer one is not even decoded."""

_MARK = b"\xef\xbb\xbf"


def blocks(data: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """`(number of the first line, lines)` of each block. Lines end with LF, CRLF or CR."""
    block: list[bytes] = []
    start = 1
    for number, line in enumerate(data.removeprefix(_MARK).splitlines(), start=1):
        if line.strip():
            if not block:
                start = number
            block.append(line)
        elif block:
            yield start, block
            block = []
    if block:
        yield start, block
