"""The answer to one request, in the bytes of HTTP/1.1 (RFC 9112)."""

from __future__ import annotations

import time
from collections.abc import Sequence

from hypercorn.config import Config

__all__ = ["Answer"]

_NO_BODY = frozenset((204, 304))


class _Always:
    """Headers of every answer, Date among them, made once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._lines: tuple[tuple[bytes, bytes], ...] = ()

    def of(self, config: Config) -> tuple[tuple[bytes, bytes], ...]:
        second = int(time.time())
        if second != self._second:
            self._second, self._lines = second, tuple(config.response_headers("h11"))
        return self._lines


_always = _Always()


class Answer:
    """Takes an answer in pieces. `last`: no other will follow on this connection, and the head says so."""

    __slots__ = ("_chunked", "_config", "_head_only", "_left", "complete", "last")

    def __init__(self, config: Config, method: str, *, last: bool) -> None:
        self._config = config
        self._head_only = method == "HEAD"
        self._chunked = False
        self._left: int | None = None  # bytes that the head has promised
        self.last = last
        self.complete = False

    def head(self, status: int, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
        """Status line and headers. Raises ValueError for what no header may hold."""
        every = [*headers, *_always.of(self._config)]
        lines = [b"%b: %b\r\n" % header for header in every]
        text = b"".join(lines)
        if text.count(b"\n") != len(lines) or text.count(b"\r") != len(lines) or b"\0" in text:
            raise ValueError("a header of the answer has a line end in it")
        names = dict(every)
        if status in _NO_BODY:
            self._head_only = True
        if status >= 200 and not self._head_only:
            if (length := names.get(b"content-length")) is not None:
                self._left = int(length)
            else:
                self._chunked = True
                text += b"transfer-encoding: chunked\r\n"
        if b"close" in names.get(b"connection", b"").lower():
            self.last = True
        elif self.last and status >= 200:
            text += b"connection: close\r\n"
        return b"HTTP/1.1 %d \r\n%b\r\n" % (status, text)

    def body(self, data: bytes) -> bytes:
        """A piece of the body. Raises ValueError when it is more than the head has promised."""
        if self._head_only or not data:
            return b""
        if self._chunked:
            return b"%x\r\n%b\r\n" % (len(data), data)
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                raise ValueError("more body than the head of the answer has promised")
        return data

    def end(self) -> bytes:
        """There is no more. What was promised and has not come ends the connection."""
        self.complete = not self._left
        return b"0\r\n\r\n" if self._chunked else b""
