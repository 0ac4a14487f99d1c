"""The cases: what is sent, and what has to come of it.

Sections and most cases are those of the Autobahn test suite, without its compression. An outcome is what came back, in
order: `snapshot` (the answer to `sync`), `error CODE`, `pong N` (bytes), `close CODE`, then `open` or `end`.
"""

from __future__ import annotations

from dataclasses import dataclass

from scripts.framecases.bytes import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    closing,
    frame,
    text,
)

__all__ = ["CASES", "HANDSHAKES", "Case", "Handshake"]

SYNC = '{"type":"sync"}'
EURO = '{"type":"€"}'.encode()
BROKEN = "error protocol_error · close 1002 · end"
NOT_UTF8 = "error not_utf8 · close 1007 · end"
TOO_LARGE = "error message_too_large · close 1009 · end"
TOO_MANY = "error rate_limited · close 4429 · end"


@dataclass(frozen=True, slots=True)
class Case:
    """Sent after `hello`, each part by itself."""

    section: str
    name: str
    parts: tuple[bytes, ...]
    outcome: str


@dataclass(frozen=True, slots=True)
class Handshake:
    """A request of its own. In `{…}` are what a good one has: line, host, upgrade, key, version, protocol."""

    name: str
    request: str
    outcome: str
    after: bytes = b""  # sent together with the request


def _bytewise(data: bytes) -> tuple[bytes, ...]:
    return tuple(bytes((byte,)) for byte in data)


def _fragments(payload: bytes, size: int) -> list[bytes]:
    pieces = [payload[start : start + size] for start in range(0, len(payload), size)]
    last = len(pieces) - 1
    return [
        text(piece, fin=index == last, opcode=TEXT if index == 0 else CONTINUATION)
        for index, piece in enumerate(pieces)
    ]


_THREE = _fragments(SYNC.encode(), 6)

MESSAGES = (
    Case("Messages", "one frame", (text(SYNC),), "snapshot · open"),
    Case("Messages", "two messages in one segment", (text(SYNC[:-1] + " }") + text("{"),),
         "error malformed_json · snapshot · open"),
    Case("Messages", "three fragments", tuple(_THREE), "snapshot · open"),
    Case("Messages", "a fragment per byte, in one segment", (b"".join(_fragments(SYNC.encode(), 1)),), "snapshot · open"),
    Case("Messages", "byte by byte", _bytewise(text(SYNC)), "snapshot · open"),
    Case("Messages", "empty fragments before, between and after",
         (text("", fin=False), text(SYNC, fin=False, opcode=CONTINUATION), text("", fin=False, opcode=CONTINUATION),
          text("", opcode=CONTINUATION)), "snapshot · open"),
    Case("Messages", "empty message", (text(""),), "error malformed_json · open"),
    Case("Messages", "4,096 bytes", (text(SYNC.ljust(4096)),), "snapshot · open"),
    Case("Messages", "4,097 bytes", (text(SYNC.ljust(4097)),), TOO_LARGE),
    Case("Messages", "4,097 bytes in fragments", tuple(_fragments(SYNC.ljust(4097).encode(), 500)), TOO_LARGE),
    Case("Messages", "4,098 bytes that are 2,049 characters", (text("é" * 2049),), TOO_LARGE),
    Case("Messages", "one terabyte announced, 8 KiB sent",
         (frame(TEXT, b"x" * 8192, length=2**40, length_bytes=8),), TOO_LARGE),
    Case("Messages", "1,000 empty fragments",
         (text("", fin=False) + text("", fin=False, opcode=CONTINUATION) * 999,), TOO_MANY),
    Case("Messages", "binary message", (frame(BINARY, SYNC.encode()),),
         "error binary_not_supported · close 1003 · end"),
    Case("Messages", "empty binary message", (frame(BINARY),), "error binary_not_supported · close 1003 · end"),
    Case("Messages", "binary message in fragments",
         (frame(BINARY, b"{", fin=False), frame(CONTINUATION, b"}")), "error binary_not_supported · close 1003 · end"),
    Case("Messages", "25 messages at once", (text('{"type":"pong"}') * 25,), TOO_MANY),
)  # fmt: skip

CONTROL = (
    Case("Pings and pongs", "ping without payload", (frame(PING),), "pong 0 · open"),
    Case("Pings and pongs", "ping of 125 bytes", (frame(PING, b"x" * 125),), "pong 125 · open"),
    Case("Pings and pongs", "ping of 126 bytes", (frame(PING, b"x" * 126),), BROKEN),
    Case("Pings and pongs", "ping that is no UTF-8", (frame(PING, b"\xff\xfe"),), "pong 2 · open"),
    Case("Pings and pongs", "ping byte by byte", _bytewise(frame(PING, b"ab")), "pong 2 · open"),
    Case("Pings and pongs", "ten pings in one segment", (frame(PING, b"x") * 10,), "pong 1 ×10 · open"),
    Case("Pings and pongs", "1,000 pings at once", (frame(PING) * 1000,), "pong 0 ×many · " + TOO_MANY),
    Case("Pings and pongs", "ping in fragments", (frame(PING, b"a", fin=False), frame(CONTINUATION, b"b")), BROKEN),
    Case("Pings and pongs", "pong that nobody asked for", (frame(PONG, b"x"),), "open"),
    Case("Pings and pongs", "pong of 126 bytes", (frame(PONG, b"x" * 126),), BROKEN),
    Case("Pings and pongs", "ping between fragments",
         (_THREE[0], frame(PING, b"one"), _THREE[1], frame(PONG), _THREE[2]), "pong 3 · snapshot · open"),
)  # fmt: skip

UTF8 = (
    Case("UTF-8", "three-byte character", (text(EURO),), "error unknown_type · open"),
    Case("UTF-8", "split between fragments", tuple(_fragments(EURO, 10)), "error unknown_type · open"),
    Case("UTF-8", "split between segments", _bytewise(text(EURO)), "error unknown_type · open"),
    Case("UTF-8", "invalid byte", (text(b'{"\xff"}'),), NOT_UTF8),
    Case("UTF-8", "invalid byte in the second fragment",
         (text('{"', fin=False), text(b"\xff", fin=False, opcode=CONTINUATION)), NOT_UTF8),
    Case("UTF-8", "continuation byte alone", (text(b"\x80"),), NOT_UTF8),
    Case("UTF-8", "character cut off at the end", (text(b'{"\xe2\x82'),), NOT_UTF8),
    Case("UTF-8", "character cut off at the end of the last fragment",
         (text('{"', fin=False), text(b"\xe2\x82", opcode=CONTINUATION)), NOT_UTF8),
    Case("UTF-8", "overlong", (text(b"\xc0\xaf"),), NOT_UTF8),
    Case("UTF-8", "half a surrogate pair", (text(b"\xed\xa0\x80"),), NOT_UTF8),
    Case("UTF-8", "beyond U+10FFFF", (text(b"\xf4\x90\x80\x80"),), NOT_UTF8),
)  # fmt: skip

RESERVED = (
    *(Case("Reserved bits and opcodes", f"reserved bit {bit} set", (frame(TEXT, SYNC.encode(), rsv=1 << 3 - bit),), BROKEN)
      for bit in (1, 2, 3)),
    Case("Reserved bits and opcodes", "reserved bit 1 set on a ping", (frame(PING, rsv=4),), BROKEN),
    *(Case("Reserved bits and opcodes", f"opcode {opcode}", (frame(opcode, b"x"),), BROKEN)
      for opcode in (*range(3, 8), *range(11, 16))),
    Case("Reserved bits and opcodes", "not masked", (frame(TEXT, SYNC.encode(), masked=False),), BROKEN),
    Case("Reserved bits and opcodes", "ping that is not masked", (frame(PING, masked=False),), BROKEN),
)  # fmt: skip

LENGTHS = (
    Case("Lengths and order", "two bytes of length where the short form would do",
         (frame(TEXT, SYNC.encode(), length_bytes=2),), BROKEN),
    Case("Lengths and order", "eight bytes of length where two would do",
         (frame(TEXT, SYNC.ljust(200).encode(), length_bytes=8),), BROKEN),
    Case("Lengths and order", "eight bytes of length, the first bit set",
         (frame(TEXT, b"", length=2**63 + 5, length_bytes=8),), BROKEN),
    Case("Lengths and order", "continuation of nothing", (text(SYNC, opcode=CONTINUATION),), BROKEN),
    Case("Lengths and order", "continuation of nothing, more to come", (text(SYNC, fin=False, opcode=CONTINUATION),), BROKEN),
    Case("Lengths and order", "a second message inside the first", (text("{", fin=False), text(SYNC)), BROKEN),
    Case("Lengths and order", "no frames at all, but text", (b"GET / HTTP/1.1\r\n\r\n",), BROKEN),
)  # fmt: skip

CLOSES = (
    *(Case("Closing", f"code {code}", (closing(code),), f"close {code} · end")
      for code in (1000, 1001, 1002, 1003, 1007, 1011, 3000, 3999, 4000, 4999)),
    Case("Closing", "without a code", (closing(None),), "close · end"),
    Case("Closing", "reason of 123 bytes", (closing(1000, b"x" * 123),), "close 1000 · end"),
    Case("Closing", "reason of 124 bytes", (closing(1000, b"x" * 124),), BROKEN),
    Case("Closing", "reason that is no UTF-8", (closing(1000, b"\xff"),), NOT_UTF8),
    Case("Closing", "one byte of code", (frame(CLOSE, b"\x03"),), BROKEN),
    *(Case("Closing", f"code {code}", (closing(code),), BROKEN)
      for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)),
    Case("Closing", "in fragments", (frame(CLOSE, b"\x03\xe8", fin=False),), BROKEN),
    Case("Closing", "data after it", (closing(1000) + text(SYNC),), "close 1000 · end"),
    Case("Closing", "twice", (closing(1000) + closing(1001),), "close 1000 · end"),
    Case("Closing", "in the middle of a message", (_THREE[0], closing(1000)), "close 1000 · end"),
    Case("Closing", "leave, and data after it", (text('{"type":"leave"}') + text(SYNC),), "close 1000 · end"),
)  # fmt: skip

CASES: tuple[Case, ...] = (*MESSAGES, *CONTROL, *UTF8, *RESERVED, *LENGTHS, *CLOSES)

_GOOD = "{line}\r\n{host}\r\n{upgrade}\r\n{key}\r\n{version}\r\n{protocol}\r\n"

HANDSHAKES: tuple[Handshake, ...] = (
    Handshake("as it should be", _GOOD + "\r\n", "101"),
    Handshake("compression offered", _GOOD + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "101"),
    Handshake("header names in capitals", _GOOD.upper().format_map(
        {name.upper(): f"{{{name}}}" for name in ("line", "host", "upgrade", "key", "version", "protocol")}) + "\r\n", "101"),
    Handshake("without a key", _GOOD.replace("{key}\r\n", "") + "\r\n", "400"),
    Handshake("without a version", _GOOD.replace("{version}\r\n", "") + "\r\n", "400"),
    Handshake("version 12", _GOOD.replace("{version}", "Sec-WebSocket-Version: 12") + "\r\n", "400"),
    Handshake("a key that is not 16 bytes", _GOOD.replace("{key}", "Sec-WebSocket-Key: short") + "\r\n", "400"),
    Handshake("without Upgrade", _GOOD.replace("{upgrade}\r\n", "") + "\r\n", "400"),
    Handshake("HTTP/1.0", _GOOD.replace("{line}", "GET /ws HTTP/1.0") + "\r\n", "400"),
    Handshake("POST", _GOOD.replace("{line}", "POST /ws HTTP/1.1") + "Content-Length: 0\r\n\r\n", "405"),
    Handshake("without Host", _GOOD.replace("{host}\r\n", "") + "\r\n", "400"),
    Handshake("no HTTP", "hello\r\n\r\n", "400"),
    Handshake("64 KiB of headers", _GOOD + f"X-Long: {'x' * 65536}\r\n\r\n", "431"),
    Handshake("a header that never ends", _GOOD + f"X-Long: {'x' * 65536}", "431"),
    Handshake("another path", _GOOD.replace("{line}", "GET /wss HTTP/1.1") + "\r\n", "404"),
    Handshake("another Origin", _GOOD + "Origin: https://elsewhere.example\r\n\r\n", "403"),
    Handshake("another subprotocol", _GOOD.replace("{protocol}", "Sec-WebSocket-Protocol: quiz.v0") + "\r\n",
              "101 · error version · close 4508"),
    Handshake("frames before the reply", _GOOD + "\r\n", "400", after=text(SYNC)),
)  # fmt: skip
