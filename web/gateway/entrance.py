"""From the first message of a connection to its place in a room."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from db import participants
from db.errors import Conflict
from web.board import put_on_board
from web.gateway import arrivals, outgoing, views
from web.gateway.connection import Connection, Newcomer, Role
from web.gateway.errors import BadFrame, Close, Refused
from web.gateway.gateway import HEARTBEAT_MS, Gateway
from web.gateway.hearing import complain, understood
from web.gateway.incoming import Hello
from web.gateway.meter import Meter
from web.gateway.room import Room
from web.gateway.sink import frame
from web.gateway.takeover import Line
from web.tickets import TicketInvalid, read_ticket

__all__ = ["HELLO_TIMEOUT_S", "admit", "hello", "thrown_out", "welcome"]

HELLO_TIMEOUT_S = 5.0


async def hello(line: Line, meter: Meter) -> Hello:
    """Wait for the first message. Raises Refused when it does not come in time."""
    try:
        async with asyncio.timeout(HELLO_TIMEOUT_S):
            while True:
                message = understood(await line.inbox.get(), line.sink, meter)
                if isinstance(message, Hello):
                    return message
                if message is not None:
                    complain(
                        line.sink,
                        BadFrame("hello_expected", "Send hello first.", getattr(message, "id", None)),
                    )
    except TimeoutError:
        raise Refused(
            Close.HEARTBEAT, "hello_timeout", "Send hello within 5 seconds of connecting.", retryable=True
        ) from None


async def admit(gateway: Gateway, said: Hello, newcomer: Newcomer, meter: Meter) -> Connection:
    """Find out who says hello.

    Raises Refused for a ticket or resume token that does not let them in.
    """
    role: Role = "participant"
    participant = None
    user_id = login_id = None
    participant_id, admitted = None, 0
    if said.resume_token is not None:
        known = await gateway.proofs.resume(said.resume_token)
        if known is None:
            raise Refused(Close.BAD_TICKET, "bad_resume_token", "Join the session again.")
        participant, admitted = known
        session_id, participant_id = participant["session_id"], participant["id"]
    elif said.ticket is not None:
        try:
            ticket = read_ticket(gateway.settings.secret, said.ticket)
        except TicketInvalid as error:
            raise Refused(Close.BAD_TICKET, "bad_ticket", str(error)) from None
        claimed = await gateway.proofs.claim(ticket.jti)
        if claimed is None:
            raise Refused(
                Close.BAD_TICKET, "ticket_used", "A ticket opens one connection: ask for a new one."
            )
        admitted = claimed
        session_id, role = ticket.session_id, ticket.role
        user_id, login_id = ticket.user_id, ticket.login_id
        participant_id = ticket.participant_id
        if participant_id is not None and not await _is_on_board(gateway, session_id, participant_id):
            participant = await gateway.pool.run(participants.get, participant_id)
            if participant is None:
                raise Refused(Close.BAD_TICKET, "bad_ticket", "Join the session again.")
    else:
        raise Refused(Close.BAD_TICKET, "ticket_missing", "Say hello with a ticket or a resume_token.")
    if participant is not None:
        if participant["kicked"]:
            raise thrown_out()
        await _place(gateway, participant)
        user_id, login_id = user_id or participant["user_id"], login_id or participant["login_id"]
    return Connection(
        sink=newcomer.sink,
        task=newcomer.task,
        role=role,
        session_id=session_id,
        participant_id=participant_id,
        meter=meter,
        user_id=user_id,
        login_id=login_id,
        admitted=admitted,
    )


def thrown_out() -> Refused:
    """The host has removed whoever says hello."""
    return Refused(Close.KICKED, "kicked", "The host removed this participant from the session.")


async def _is_on_board(gateway: Gateway, session_id: str, participant_id: str) -> bool:
    """Whether the room knows them: then they have joined, and nobody has thrown them out."""
    room = await gateway.rooms.open(session_id)
    return room is not None and participant_id in room.board.entries


async def _place(gateway: Gateway, participant: dict[str, Any]) -> None:
    """Make sure that a participant is on the board: joining may have died half-way. Raises Refused."""
    room = await gateway.rooms.open(participant["session_id"])
    if room is None or participant["id"] in room.board.entries:
        return
    try:
        await put_on_board(
            gateway.nc,
            gateway.pool,
            gateway.redis,
            participant["session_id"],
            participant["id"],
            participant["nickname"],
        )
    except Conflict as conflict:
        if conflict.code != "kicked":
            raise
        raise thrown_out() from None  # it happened since we looked


def welcome(room: Room, connection: Connection, said: Hello) -> None:
    """Tell a connection everything it needs: what it missed, or how everything stands.

    Writes only, so that nothing can come in between.
    """
    missed = arrivals.missed(room, said.epoch, said.seq)
    greeting = outgoing.Welcome(
        participant_id=connection.participant_id,
        session=views.session(room.state, room.quiz),
        role=connection.role,
        epoch=room.board.epoch,
        seq=room.state.seq,
        heartbeat_ms=HEARTBEAT_MS,
        server_time=time.time_ns() // 1_000_000,
        resumed=missed is not None,
    )
    connection.hold(frame(outgoing.encode(greeting)))  # there is always something to write after it
    if missed is None or said.seq is None:
        connection.send(arrivals.snapshot(room, connection))
    else:
        arrivals.resume(room, connection, said.seq, missed)
    room.progress.show_to(connection)
    if room.state.settings.latency_allowance_ms:  # do not wait for the next heartbeat
        t = time.time_ns() // 1_000_000
        connection.ping(time.monotonic(), t, frame(outgoing.encode(outgoing.Ping(t=t))))
    if room.state.state == "ended":
        if missed is None:
            connection.send(outgoing.Ended(seq=room.state.seq, podium=views.podium(room.board)))
        connection.end(Close.ENDED, "the session has ended")
