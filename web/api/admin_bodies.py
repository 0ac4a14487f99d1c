"""What admins ask with and are answered with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from bus.dead_letters import DeadLetter
from bus.messages import State
from bus.queues import Queue
from web.addresses import media_url
from web.api.session_bodies import SessionReply
from web.config import Config

__all__ = [
    "AdminUser",
    "AdminUserPage",
    "AdminUsersQuery",
    "DeadLetterPage",
    "DeadLetterReply",
    "DeadLetterSummary",
    "DeadLettersQuery",
    "QueueList",
    "Retry",
    "SessionsEverywhere",
    "SessionsEverywhereQuery",
    "UserChange",
    "admin_user",
    "letter_reply",
    "letter_summary",
]

Cursor = Annotated[str, Meta(max_length=200)]


class AdminUsersQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which users: those whose address or name begins with `text`."""

    text: Annotated[str, Meta(max_length=254)] | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Cursor | None = None


class AdminUser(msgspec.Struct, frozen=True):
    """A user as admins see them."""

    id: str
    email: str
    display_name: str
    role: str
    avatar_url: str | None
    created_at: datetime
    banned: bool


class AdminUserPage(msgspec.Struct, frozen=True):
    """One page of a list; `next_cursor` is null on the last one."""

    items: tuple[AdminUser, ...]
    next_cursor: str | None


class UserChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change of a user."""

    role: Literal["host", "participant", "admin"] | None = None
    banned: bool | None = None  # true ends their logins and closes their WebSockets


class SessionsEverywhereQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which sessions: without `state`, all that run."""

    state: State | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Cursor | None = None


class SessionsEverywhere(msgspec.Struct, frozen=True):
    """One page of a list; `next_cursor` is null on the last one."""

    items: tuple[SessionReply, ...]
    next_cursor: str | None


class QueueList(msgspec.Struct, frozen=True):
    """Every work queue as it stands."""

    items: tuple[Queue, ...]


class DeadLettersQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which dead letters: of one queue, or of all."""

    queue: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]{1,64}$")] | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    cursor: Annotated[int, Meta(ge=0, le=2**62)] | None = None


class DeadLetterSummary(msgspec.Struct, frozen=True):
    """A message that a pool could not run."""

    seq: int
    queue: str
    subject: str  # where it came from, and goes to when it is retried
    reason: str  # failed, undecodable, unknown_actor or killed_its_worker
    error: str
    actor: str
    deliveries: int
    died_at: datetime
    size_bytes: int


class DeadLetterPage(msgspec.Struct, frozen=True):
    """One page of a list, the oldest first; `next_cursor` is null on the last one."""

    items: tuple[DeadLetterSummary, ...]
    next_cursor: str | None


class Retry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to retry: there is nothing to choose."""


class DeadLetterReply(DeadLetterSummary, frozen=True):
    """The same with its headers and what it says: decoded where it can be, else `{base64}`."""

    headers: dict[str, str]
    content: Any


def admin_user(user: dict[str, Any], config: Config) -> AdminUser:
    """From a user of `db.user_lists`."""
    avatar_url = media_url(config, user["avatar_url"])
    return AdminUser(
        user["id"],
        user["email"],
        user["display_name"],
        user["role"],
        avatar_url,
        user["created_at"],
        user["banned"],
    )


def letter_summary(letter: DeadLetter) -> DeadLetterSummary:
    """Without what it says."""
    return msgspec.convert(letter, DeadLetterSummary, from_attributes=True)


def letter_reply(letter: DeadLetter) -> DeadLetterReply:
    """All of it."""
    return msgspec.convert(letter, DeadLetterReply, from_attributes=True)
