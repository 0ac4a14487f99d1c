"""A peer on a plain TCP connection that plays the cases and notes what comes back."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from itertools import groupby
from urllib.parse import urlsplit

from scripts.framecases.bytes import CLOSE, PING, PONG, TEXT, closing, frame, text
from scripts.framecases.cases import Case, Handshake

__all__ = ["play", "shake_hands"]

PATIENCE_S = 8.0
APART_S = 0.002
"""Between parts, so that each is a segment of its own."""

COUNTED = 20
STILL_THERE = b"still there?"
ANSWERS = ("snapshot", "error")
"""What of the server's messages is an answer; the others come by themselves."""


async def play(url: str, hello: dict[str, object], case: Case) -> str:
    """Connect, say `hello`, send the case, and tell what came of it."""
    reader, writer = await _connect(url)
    try:
        writer.write(
            _filled(url, "{line}\r\n{host}\r\n{upgrade}\r\n{key}\r\n{version}\r\n{protocol}\r\n\r\n")
        )
        await _status(reader)
        writer.write(text(json.dumps({"type": "hello", **hello})))
        while await _next(reader) != "snapshot":
            pass
        for part in case.parts:
            writer.write(part)
            with suppress(ConnectionError):
                await writer.drain()
            if len(case.parts) > 1:
                await asyncio.sleep(APART_S)
        if case.outcome.endswith("open"):
            # A snapshot is made with the database, and may be overtaken.
            await asyncio.sleep(0.05)
            writer.write(frame(PING, STILL_THERE))
        return await _outcome(reader, writer, case.outcome.count("snapshot"))
    finally:
        writer.close()


async def shake_hands(url: str, handshake: Handshake) -> str:
    """Send the request and tell what came of it: a status, and what follows by itself."""
    reader, writer = await _connect(url)
    try:
        writer.write(_filled(url, handshake.request) + handshake.after)
        status, headers = await _status(reader)
        if "sec-websocket-extensions" in headers:
            status += " compressed"
        return (
            status
            if " · " not in handshake.outcome
            else f"{status} · {await _next(reader)} · {await _next(reader)}"
        )
    finally:
        writer.close()


async def _connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    return await asyncio.open_connection(parts.hostname, parts.port)


def _filled(url: str, request: str) -> bytes:
    good = {
        "line": "GET /ws HTTP/1.1",
        "host": f"Host: {urlsplit(url).netloc}",
        "upgrade": "Connection: Upgrade\r\nUpgrade: websocket",
        "key": "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "version": "Sec-WebSocket-Version: 13",
        "protocol": "Sec-WebSocket-Protocol: quiz.v1",
    }
    return request.format_map(good).encode()


async def _status(reader: asyncio.StreamReader) -> tuple[str, str]:
    async with asyncio.timeout(PATIENCE_S):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    line, _, headers = head.partition("\r\n")
    return line.split(" ")[1], headers.lower()


async def _outcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, snapshots: int) -> str:
    """What comes back until the end, or until the last pong; a close is answered."""
    seen: list[str] = []
    still_there = False
    while not (still_there and seen.count("snapshot") >= snapshots):
        token = await _next(reader)
        if token == "still there":
            still_there = True
            continue
        seen.append(token)
        if token.startswith("close"):
            writer.write(closing(1000))
        if token == "end":
            return _shortened(seen)
    return _shortened([*seen, "open"])


def _shortened(seen: list[str]) -> str:
    """What comes several times in a row is counted, up to twenty."""
    runs = [(token, len(list(run))) for token, run in groupby(seen)]
    return " · ".join(
        token if times == 1 else f"{token} ×{times if times <= COUNTED else 'many'}" for token, times in runs
    )


async def _next(reader: asyncio.StreamReader) -> str:
    """The next thing that is an answer."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                opcode, payload = await _frame(reader)
            except (asyncio.IncompleteReadError, ConnectionError):
                return "end"
            if opcode == CLOSE:
                return f"close {int.from_bytes(payload[:2], 'big')}" if payload else "close"
            if opcode == PONG:
                return "still there" if payload == STILL_THERE else f"pong {len(payload)}"
            if opcode != TEXT:
                return f"opcode {opcode}"
            message = json.loads(payload)
            if message["type"] in ANSWERS:
                return "error " + message["code"] if message["type"] == "error" else str(message["type"])


async def _frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, second = await reader.readexactly(2)
    length = second & 0x7F
    if length > 125:
        length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8), "big")
    return first & 0x0F, await reader.readexactly(length)
