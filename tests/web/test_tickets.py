"""Tickets: who may open one WebSocket."""

from __future__ import annotations

import time
from typing import Any

import pytest

from web import signing
from web.tickets import Ticket, TicketInvalid, issue_ticket, read_ticket
from web.tokens import issue_access_token, read_access_token

SECRET = "s" * 40


def test_a_ticket_says_who_enters_which_session() -> None:
    ticket = read_ticket(SECRET, issue_ticket(SECRET, "s1", "p1", "participant", "Zoë"))
    assert ticket == Ticket("s1", "p1", "participant", "Zoë", ticket.jti)
    screen = read_ticket(SECRET, issue_ticket(SECRET, "s1", None, "screen", None))
    assert (screen.participant_id, screen.role) == (None, "screen")


def test_no_two_tickets_are_the_same() -> None:
    tickets = {
        read_ticket(SECRET, issue_ticket(SECRET, "s", "p", "participant", "n")).jti for _ in range(100)
    }
    assert len(tickets) == 100


def test_a_ticket_lives_for_thirty_seconds(monkeypatch: Any) -> None:
    token = issue_ticket(SECRET, "s", "p", "participant", "n")
    now = time.time()
    for later, valid in ((29, True), (31, False)):
        monkeypatch.setattr(time, "time", lambda later=later: now + later)
        if valid:
            read_ticket(SECRET, token)
        else:
            with pytest.raises(TicketInvalid):
                read_ticket(SECRET, token)


def test_what_is_no_ticket_is_refused() -> None:
    claims = {"sid": "s", "role": "host", "jti": "j"}
    bad = [
        "",
        "a.b.c",
        "é",
        issue_ticket("t" * 40, "s", "p", "participant", "n"),
        issue_access_token(SECRET, "u", "l"),
        signing.sign(SECRET, "ticket", claims | {"role": "admin"}, 20),
        signing.sign(SECRET, "ticket", claims | {"role": "participant"}, 20),
        signing.sign(SECRET, "ticket", claims | {"sub": "p"}, 20),
        signing.sign(SECRET, "ticket", {"sid": "s", "role": "host"}, 20),
        signing.sign(SECRET, "ticket", claims | {"sid": 7}, 20),
    ]
    for token in bad:
        with pytest.raises(TicketInvalid):
            read_ticket(SECRET, token)


def test_a_ticket_is_no_access_token() -> None:
    ticket = issue_ticket(SECRET, "s", "p", "participant", "n")
    with pytest.raises(signing.TokenInvalid):
        read_access_token(SECRET, ticket)
