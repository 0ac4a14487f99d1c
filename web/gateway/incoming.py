"""What a client may send: one JSON object per text frame, decoded strictly."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec

from web.gateway.errors import BadFrame

__all__ = ["Answer", "Hello", "Incoming", "Leave", "Pong", "Sync", "parse"]

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
AnswerId = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[!-~]+\Z")]  # printable ASCII
Token = Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]


class Hello(msgspec.Struct, tag="hello", forbid_unknown_fields=True, frozen=True):
    """First message of a connection: a ticket, or the resume token of an earlier one."""

    ticket: Token | None = None
    resume_token: Token | None = None
    epoch: Id | None = None  # of the live state the client knows
    seq: Annotated[int, msgspec.Meta(ge=0)] | None = None  # number of the last event the client has


class Answer(msgspec.Struct, tag="answer", forbid_unknown_fields=True, frozen=True):
    """One answer; `id` is chosen by the client and stays the same on every retry."""

    id: AnswerId
    question_id: Id
    option: Annotated[str, msgspec.Meta(min_length=1, max_length=8)]


class Sync(msgspec.Struct, tag="sync", forbid_unknown_fields=True, frozen=True):
    """Please send a snapshot: the client noticed a gap."""


class Pong(msgspec.Struct, tag="pong", forbid_unknown_fields=True, frozen=True):
    """Answer to `ping`, with its `t`."""

    t: int | float | None = None


class Leave(msgspec.Struct, tag="leave", forbid_unknown_fields=True, frozen=True):
    """The participant leaves on purpose."""


Incoming: TypeAlias = Hello | Answer | Sync | Pong | Leave


class _Loose(msgspec.Struct):
    """Just enough of a refused frame to say which message an error is about."""

    id: Id | None = None


_TYPES = "hello, answer, sync, pong, leave"
_decoder: msgspec.json.Decoder[Incoming] = msgspec.json.Decoder(Incoming)
_loose = msgspec.json.Decoder(_Loose)


def parse(text: str) -> Incoming:
    """Decode one text frame. Raises BadFrame with a stable code; the text of the frame is never part of it."""
    try:
        return _decoder.decode(text)
    except msgspec.ValidationError as error:
        reason = str(error)
        if reason.endswith("`$.type`") or "missing required field `type`" in reason:
            raise BadFrame("unknown_type", f"Set `type` to one of: {_TYPES}.", _id_of(text)) from None
        raise BadFrame("invalid_message", f"{_printable(reason)}.", _id_of(text)) from None
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise BadFrame("malformed_json", "Send one JSON object per text frame.", None) from None


def _id_of(text: str) -> str | None:
    try:
        return _loose.decode(text).id
    except msgspec.DecodeError:
        return None


def _printable(reason: str) -> str:
    """msgspec quotes wrong values of enumerations and field names; keep such text short and plain."""
    return "".join(c if c.isprintable() else "?" for c in reason[:200]).rstrip(".")
