"""Tickets: admission to one WebSocket, signed, for 30 seconds. The gateway claims `jti`, so that each is used once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Literal, cast, get_args

from web import signing

__all__ = ["TICKET_TTL_S", "Role", "Ticket", "TicketInvalid", "issue_ticket", "read_ticket"]

TICKET_TTL_S = 30 - signing.LEEWAY_S
_PURPOSE = "ticket"

Role = Literal["participant", "host", "screen"]
_ROLES = frozenset(get_args(Role))


class TicketInvalid(Exception):
    """Not a ticket of ours, or its time is over; the ticket is never part of the text."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who may enter which session."""

    session_id: str
    participant_id: str | None  # of participants only
    role: Role
    nickname: str | None
    jti: str  # unique; claim it before letting anybody in
    user_id: str | None = None  # whose login it stands on; guests have none
    login_id: str | None = None


def issue_ticket(
    secret: str,
    session_id: str,
    participant_id: str | None,
    role: Role,
    nickname: str | None,
    *,
    user_id: str | None = None,
    login_id: str | None = None,
) -> str:
    """A ticket for `hello`, good for one use within 30 s; with `user_id` and `login_id` as long as they are good."""
    claims = {"sid": session_id, "role": role, "jti": secrets.token_urlsafe(16)}
    if participant_id is not None:
        claims["sub"] = participant_id
    if nickname is not None:
        claims["nickname"] = nickname
    if user_id is not None and login_id is not None:
        claims |= {"uid": user_id, "lid": login_id}
    return signing.sign(secret, _PURPOSE, claims, TICKET_TTL_S)


def read_ticket(secrets: signing.Secrets, token: str) -> Ticket:
    """The ticket in `token`. Raises TicketInvalid."""
    try:
        claims = signing.read(secrets, _PURPOSE, token, essential=("sid", "role", "jti"))
    except signing.TokenInvalid as error:
        raise TicketInvalid(str(error)) from error
    role, participant_id = claims["role"], claims.get("sub")
    if role not in _ROLES or (role == "participant") != isinstance(participant_id, str):
        raise TicketInvalid("incomplete")
    return Ticket(
        claims["sid"],
        participant_id,
        cast(Role, role),
        claims.get("nickname"),
        claims["jti"],
        claims.get("uid"),
        claims.get("lid"),
    )
