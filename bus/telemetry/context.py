"""Which request, session and stored message the work at hand belongs to: in every log line, and in NATS headers.

A request gets its id at the door; whatever is published for it carries the id on, from process to process. None of these
names a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextvars import Context
from typing import Any

from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

__all__ = [
    "MESSAGES",
    "REQUEST",
    "SESSION",
    "TRACES",
    "apart",
    "bind",
    "clear",
    "headers",
    "is_id",
    "message_ids",
    "of",
    "traceparents",
]

REQUEST = "Quizwire-Request"
SESSION = "Quizwire-Session"
MESSAGES = "Quizwire-Messages"  # ids of the stored messages that led to this one
TRACES = "Quizwire-Traces"  # traceparents of W3C, one for each answer or request that is traced
OWN_ID = "Nats-Msg-Id"

MOST = 64  # ids in one header: as many as a batch has messages

MOST_TRACES = 16

_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01")
_ID = re.compile(r"[A-Za-z0-9_.-]{1,100}")


def is_id(text: str) -> bool:
    """Whether somebody else's id is fit for logs and headers."""
    return _ID.fullmatch(text) is not None


def bind(**ids: str | list[str] | None) -> None:
    """Add to what the current task or thread is about: request_id, session_id, message_ids …"""
    bind_contextvars(**{name: value for name, value in ids.items() if value})


def clear() -> None:
    """The current thread is about something else from here on."""
    clear_contextvars()


def apart() -> Context:
    """For tasks that serve many: about nothing, whoever has started them."""
    return Context()


def headers() -> dict[str, str]:
    """What the current work is about, for the messages that it publishes."""
    known: dict[str, Any] = get_contextvars()
    found = {}
    if request_id := known.get("request_id"):
        found[REQUEST] = request_id
    if session_id := known.get("session_id"):
        found[SESSION] = session_id
    if ids := known.get("message_ids"):
        found[MESSAGES] = ",".join(ids[:MOST])
    if traces := known.get("traceparents"):
        found[TRACES] = ",".join(traces[:MOST_TRACES])
    return found


def of(headers: Mapping[str, str]) -> dict[str, str | list[str] | None]:
    """What a message with these headers is about, to be bound."""
    return {
        "request_id": _checked(headers.get(REQUEST, "")),
        "session_id": _checked(headers.get(SESSION, "")),
        "message_ids": message_ids([headers]),
        "traceparents": traceparents(headers),
    }


def message_ids(messages: Iterable[Mapping[str, str]]) -> list[str]:
    """Ids of messages and of those that led to them, by their headers."""
    found: dict[str, None] = {}
    for headers in messages:
        for text in (*headers.get(MESSAGES, "").split(","), headers.get(OWN_ID, "")):
            if is_id(text):
                found[text] = None
    return list(found)


def traceparents(headers: Mapping[str, str]) -> list[str]:
    """The traces that a message is part of."""
    if (text := headers.get(TRACES)) is None:
        return []
    return [one for one in text.split(",")[:MOST_TRACES] if _TRACEPARENT.fullmatch(one)]


def _checked(text: str) -> str | None:
    return text if is_id(text) else None
