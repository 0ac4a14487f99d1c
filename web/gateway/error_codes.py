"""Every code that an `error` message may have. A test finds those that are raised and not listed here."""

from __future__ import annotations

from typing import NamedTuple

from web.gateway.errors import Close

__all__ = ["ERROR_CODES", "ErrorCode"]


class ErrorCode(NamedTuple):
    """What a code means, and the close that follows; without one the connection goes on."""

    meaning: str
    close: Close | None = None


ERROR_CODES: dict[str, ErrorCode] = {
    "malformed_json": ErrorCode("not one JSON object"),
    "unknown_type": ErrorCode("`type` is none of the messages"),
    "invalid_message": ErrorCode("a field is missing, wrong or unknown; `message` names it"),
    "hello_expected": ErrorCode("`hello` comes first"),
    "already_welcome": ErrorCode("`hello` was said already"),
    "invalid_option": ErrorCode("the question has no such option"),
    "not_a_participant": ErrorCode("a host or screen cannot answer"),
    "bad_ticket": ErrorCode("the ticket is not good, or too old", Close.BAD_TICKET),
    "ticket_used": ErrorCode("a ticket opens one connection", Close.BAD_TICKET),
    "ticket_missing": ErrorCode("`hello` without a ticket or resume_token", Close.BAD_TICKET),
    "bad_resume_token": ErrorCode("join the session again", Close.BAD_TICKET),
    "kicked": ErrorCode("the host removed this participant", Close.KICKED),
    "login_ended": ErrorCode("the login that this connection stands on was ended", Close.KICKED),
    "version": ErrorCode("subprotocol `quiz.v1` missing", Close.VERSION),
    "hello_timeout": ErrorCode("no `hello` within 5 s", Close.HEARTBEAT),
    "binary_not_supported": ErrorCode("a binary frame", Close.UNSUPPORTED_DATA),
    "message_too_large": ErrorCode("more than 4 KiB", Close.TOO_LARGE),
    "not_utf8": ErrorCode("text that is not UTF-8", Close.INVALID_DATA),
    "protocol_error": ErrorCode("a frame that RFC 6455 does not allow", Close.PROTOCOL_ERROR),
    "rate_limited": ErrorCode("too many messages or frames; come back after `retry_after_ms`", Close.RATE),
    "too_many_connections": ErrorCode("this user has too many connections to this node", Close.RATE),
    "session_not_ready": ErrorCode("connect again in a moment", Close.RESYNC),
}
