"""What accounts are asked with and answer with."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from db.nicknames import is_blank
from web.addresses import media_url
from web.api.quiz_bodies import QuizReply
from web.config import Config
from web.passwords import MAX_LENGTH, MIN_LENGTH
from web.problems import invalid

__all__ = [
    "Credentials",
    "Export",
    "Farewell",
    "HostedSession",
    "LoginView",
    "OwnAnswer",
    "Participation",
    "Profile",
    "ProfileChange",
    "Refresh",
    "Register",
    "Tokens",
    "profile_of",
    "valid_email",
    "valid_name",
    "valid_password",
]

_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f.]+(\.[^@\s\x00-\x1f.]+)+")
"""Enough to catch mistakes; whether an address exists shows only by writing to it."""

Email = Annotated[str, Meta(min_length=3, max_length=254)]
NewPassword = Annotated[str, Meta(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]
AnyPassword = Annotated[str, Meta(max_length=MAX_LENGTH)]
DisplayName = Annotated[str, Meta(min_length=1, max_length=64)]


class Register(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new account."""

    email: Email
    password: NewPassword
    display_name: DisplayName


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """E-mail address and password."""

    email: Email
    password: AnyPassword


class Refresh(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The refresh token of the last reply; it works once."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=256)]


class ProfileChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change of a profile. A new address or password needs the current password."""

    display_name: DisplayName | None = None
    email: Email | None = None
    new_password: NewPassword | None = None
    current_password: AnyPassword | None = None


class Farewell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password of the account that is to be deleted."""

    password: AnyPassword


class Profile(msgspec.Struct, frozen=True):
    """A user as they see themselves."""

    id: str
    email: str
    display_name: str
    role: str
    avatar_url: str | None
    created_at: datetime


class Tokens(msgspec.Struct, frozen=True):
    """An access token, and the refresh token that gets the next pair."""

    access_token: str
    refresh_token: str
    expires_in: int  # seconds, of the access token
    token_type: Literal["Bearer"] = "Bearer"


class LoginView(msgspec.Struct, frozen=True):
    """One login."""

    id: str
    created_at: datetime
    used_at: datetime  # when tokens were last issued
    expires_at: datetime
    revoked_at: datetime | None


class HostedSession(msgspec.Struct, frozen=True):
    """A session the user ran."""

    id: str
    quiz_id: str
    join_code: str
    pacing: str
    scoring: str
    created_at: datetime
    ended_at: datetime | None


class OwnAnswer(msgspec.Struct, frozen=True):
    """One answer of the user."""

    question_id: str
    option: str
    correct: bool | None  # null while the session runs
    points: int | None
    started_at: datetime
    finished_at: datetime


class Participation(msgspec.Struct, frozen=True):
    """A session the user took part in, with the answers they gave."""

    session_id: str
    participant_id: str
    nickname: str
    joined_at: datetime
    kicked_at: datetime | None
    answers: tuple[OwnAnswer, ...]


class Export(msgspec.Struct, frozen=True):
    """Everything that is stored about the user."""

    profile: Profile
    logins: tuple[LoginView, ...]
    sessions: tuple[HostedSession, ...]
    participations: tuple[Participation, ...]
    quizzes: tuple[QuizReply, ...]


def profile_of(user: dict[str, Any], config: Config) -> Profile:
    """From the user as stored."""
    avatar_url = media_url(config, user["avatar_url"])
    return Profile(
        user["id"], user["email"], user["display_name"], user["role"], avatar_url, user["created_at"]
    )


def valid_email(text: str) -> str:
    """The address. Raises Problem 422."""
    if not _EMAIL.fullmatch(text.strip()):
        raise invalid("email", "this is not an e-mail address")
    return text


def valid_name(text: str) -> str:
    """The name without space around it. Raises Problem 422."""
    trimmed = text.strip()
    if is_blank(trimmed):
        raise invalid("display_name", "a name is needed")
    return trimmed


def valid_password(text: str, field: str = "password") -> str:
    """The password. Raises Problem 422 for what has no bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise invalid(field, "half a surrogate pair is no character") from None
    return text
