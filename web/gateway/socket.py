"""`GET /ws`: from the handshake to the close of one WebSocket.

The reading loop only parses, meters and hands on: Quart's receive queue has no bound, so nothing in it may wait.
"""

from __future__ import annotations

import asyncio
import time
from base64 import b64decode
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import structlog
from quart import Blueprint, abort, websocket
from quart_cors import cors_exempt

from bus.telemetry import context
from db import live, participants
from web import problems
from web.board import put_on_board
from web.clients import address_of, network_of
from web.gateway import outgoing, views
from web.gateway.connection import Connection, Newcomer, Role
from web.gateway.errors import BadFrame, Close, Refused
from web.gateway.gateway import HEARTBEAT_MS, Gateway, error_of
from web.gateway.incoming import Answer, Hello, Leave, Pong, Sync, parse
from web.gateway.intake import Violation
from web.gateway.meter import Meter
from web.gateway.room import Room
from web.gateway.sink import Sink, frame, sink_of
from web.metrics import CLOSES, CONNECTIONS, WIRE
from web.services import services
from web.tickets import TicketInvalid, read_ticket

__all__ = ["blueprint"]

KEY_BYTES = 16
SUBPROTOCOL = "quiz.v1"
HELLO_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 3.0
BROKEN_CLOSE_TIMEOUT_S = 1.0
"""… of a peer whose answer to the close is not read any more: time to read our close, which a reset would take away."""

RATE_PAUSE_MS = 2_000
"""How long somebody who sent too much is asked to stay away."""

for _code in ("gone", *(str(int(close)) for close in Close)):
    CLOSES.labels(_code)  # at 0 from the start: what is not there yet has no rate

log = structlog.get_logger(__name__)
blueprint = Blueprint("gateway", __name__)


@blueprint.websocket("/ws")
@cors_exempt  # it has a list of its own
async def ws() -> None:
    """One participant, host or screen, until somebody closes."""
    found = services()
    gateway = found.gateway
    if not _origin_allowed(gateway):
        abort(403)
    if not _key_is_good(websocket.headers.get("Sec-WebSocket-Key")):
        abort(400)
    if gateway.draining:
        raise problems.draining()
    forwarded = websocket.headers.getlist("X-Forwarded-For")
    network = network_of(address_of(websocket.remote_addr, forwarded, found.config.proxies))
    with gateway.admission.place(network):
        await _converse(gateway)


async def _converse(gateway: Gateway) -> None:
    """From the upgrade to the close."""
    offered = SUBPROTOCOL in websocket.requested_subprotocols
    sink, task = sink_of(websocket.scope), asyncio.current_task()
    assert task is not None
    newcomer = Newcomer(sink, task)
    gateway.newcomers.add(newcomer)
    room: Room | None = None
    connection: Connection | None = None
    welcomed = False
    code = "gone"
    linger_s = CLOSE_TIMEOUT_S

    def leave() -> None:
        """Before a close: no frame may follow it."""
        nonlocal room
        if room is not None and connection is not None:
            gateway.rooms.leave(room, connection)
            room = None

    try:
        await websocket.accept(subprotocol=SUBPROTOCOL if offered else None)
        if not offered:
            raise Refused(Close.VERSION, "version", f"Connect with the subprotocol {SUBPROTOCOL}.")
        meter = Meter(gateway.settings.rate, gateway.settings.burst)
        hello = await _hello(sink, meter)
        connection = await _admit(gateway, hello, newcomer, meter)
        context.bind(connection_id=connection.id, session_id=connection.session_id)
        await gateway.logins.admit(connection)
        room = await gateway.rooms.enter(connection, hello.epoch, hello.seq)
        gateway.newcomers.discard(newcomer)
        if room is None:
            raise Refused(Close.RESYNC, "session_not_ready", "Connect again in a moment.", retryable=True)
        _welcome(room, connection, hello)
        CONNECTIONS.labels(connection.role).inc()
        welcomed = True
        await gateway.rooms.tell_others(connection)
        if hello.resume_token is not None and room.state.pacing == "self":
            gateway.look_again(room, connection)
        await _serve(gateway, room, connection)
        code = str(int(Close.NORMAL))
        leave()
        await _close(sink, Close.NORMAL, "left")
    except Refused as refused:
        leave()
        code = str(int(refused.close))
        if refused.deaf:
            linger_s = BROKEN_CLOSE_TIMEOUT_S
        if connection is not None:
            connection.close = (refused.close, refused.code)
        error = outgoing.Error(
            code=refused.code,
            message=refused.message,
            retryable=refused.retryable,
            retry_after_ms=RATE_PAUSE_MS if refused.close is Close.RATE else None,
        )
        sink.write(frame(outgoing.encode(error)))
        await _close(sink, refused.close, refused.code)
    except asyncio.CancelledError:
        close = newcomer.close if connection is None else connection.close or newcomer.close
        if close is None:
            raise  # the peer has gone
        task.uncancel()
        leave()
        code = str(int(close[0]))
        await _close(sink, *close)
    except Exception:
        leave()
        code = str(int(Close.INTERNAL_ERROR))
        log.exception("connection_failed")
        await _close(sink, Close.INTERNAL_ERROR, "internal error")
    finally:
        CLOSES.labels(code).inc()
        gateway.newcomers.discard(newcomer)
        log.info("socket_closed", code=code, role=None if connection is None else connection.role)
        if connection is not None:
            if welcomed:
                CONNECTIONS.labels(connection.role).dec()
            gateway.logins.forget(connection)
        leave()
    await _linger(sink, linger_s)


def _origin_allowed(gateway: Gateway) -> bool:
    """Browsers always send an Origin: it must be this host's or one of those configured."""
    origin = websocket.headers.get("Origin")
    if origin is None:
        return True
    return origin in gateway.settings.origins or urlsplit(origin).netloc == websocket.headers.get("Host")


def _key_is_good(key: str | None) -> bool:
    """RFC 6455 §4.2.1: 16 bytes in base64; HTTP/2 has none. The server below us takes any text."""
    try:
        return key is None or len(b64decode(key, validate=True)) == KEY_BYTES
    except ValueError:
        return False


async def _hello(sink: Sink, meter: Meter) -> Hello:
    """Wait for the first message. Raises Refused when it does not come in time."""
    try:
        async with asyncio.timeout(HELLO_TIMEOUT_S):
            while True:
                message = await _receive(sink, meter)
                if isinstance(message, Hello):
                    return message
                _complain(sink, BadFrame("hello_expected", "Send hello first.", getattr(message, "id", None)))
    except TimeoutError:
        raise Refused(
            Close.HEARTBEAT, "hello_timeout", "Send hello within 5 seconds of connecting.", retryable=True
        ) from None


async def _receive(sink: Sink, meter: Meter) -> object:
    """The next message that can be understood; complains about those that cannot."""
    while True:
        data: object = await websocket.receive()
        if isinstance(data, Violation):
            raise Refused(data.close, data.code, data.message, retryable=data.close.reconnect, deaf=True)
        WIRE.received += 1
        if not meter.take(time.monotonic()):
            raise Refused(
                Close.RATE, "rate_limited", "Send fewer messages, then connect again.", retryable=True
            )
        if not isinstance(data, str):
            raise Refused(Close.UNSUPPORTED_DATA, "binary_not_supported", "Send JSON in text frames.")
        try:
            return parse(data)
        except BadFrame as bad:
            _complain(sink, bad)


def _complain(sink: Sink, bad: BadFrame) -> None:
    sink.write(frame(outgoing.encode(error_of(bad))))


async def _admit(gateway: Gateway, hello: Hello, newcomer: Newcomer, meter: Meter) -> Connection:
    """Find out who says hello.

    Raises Refused for a ticket or resume token that does not let them in.
    """
    role: Role = "participant"
    participant = None
    user_id = login_id = None
    participant_id, admitted = None, 0
    if hello.resume_token is not None:
        participant = await gateway.pool.run(participants.by_resume_token, hello.resume_token)
        if participant is None:
            raise Refused(Close.BAD_TICKET, "bad_resume_token", "Join the session again.")
        session_id, participant_id = participant["session_id"], participant["id"]
    elif hello.ticket is not None:
        try:
            ticket = read_ticket(gateway.settings.secret, hello.ticket)
        except TicketInvalid as error:
            raise Refused(Close.BAD_TICKET, "bad_ticket", str(error)) from None
        claimed = await gateway.pool.run(live.claim_once, gateway.redis, f"ticket:{ticket.jti}", 60)
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
            raise Refused(Close.KICKED, "kicked", "The host removed this participant from the session.")
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


async def _is_on_board(gateway: Gateway, session_id: str, participant_id: str) -> bool:
    """Whether the room knows them: then they have joined, and nobody has thrown them out."""
    room = await gateway.rooms.open(session_id)
    return room is not None and participant_id in room.board.entries


async def _place(gateway: Gateway, participant: dict[str, Any]) -> None:
    """Make sure that a participant is on the board: joining may have died half-way."""
    room = await gateway.rooms.open(participant["session_id"])
    if room is not None and participant["id"] not in room.board.entries:
        await put_on_board(
            gateway.nc,
            gateway.pool,
            gateway.redis,
            participant["session_id"],
            participant["id"],
            participant["nickname"],
        )


def _welcome(room: Room, connection: Connection, hello: Hello) -> None:
    """Tell a connection everything it needs: what it missed, or how everything stands.

    Writes only, so that nothing can come in between.
    """
    missed = room.missed(hello.epoch, hello.seq)
    connection.send(
        outgoing.Welcome(
            participant_id=connection.participant_id,
            session=views.session(room.state, room.quiz),
            role=connection.role,
            epoch=room.board.epoch,
            seq=room.state.seq,
            heartbeat_ms=HEARTBEAT_MS,
            server_time=time.time_ns() // 1_000_000,
            resumed=missed is not None,
        )
    )
    if missed is None or hello.seq is None:
        connection.send(room.snapshot(connection))
    else:
        room.resume(connection, hello.seq, missed)
    room.progress.show_to(connection)
    if room.state.settings.latency_allowance_ms:  # do not wait for the next heartbeat
        t = time.time_ns() // 1_000_000
        connection.ping(time.monotonic(), t, frame(outgoing.encode(outgoing.Ping(t=t))))
    if room.state.state == "ended":
        if missed is None:
            connection.send(outgoing.Ended(seq=room.state.seq, podium=views.podium(room.board)))
        connection.end(Close.ENDED, "the session has ended")


async def _serve(gateway: Gateway, room: Room, connection: Connection) -> None:
    """Read until the participant leaves."""
    while True:
        message = await _receive(connection.sink, connection.meter)
        now = connection.last_heard = time.monotonic()
        if isinstance(message, Answer):
            try:
                gateway.answer(room, connection, message)
            except BadFrame as bad:
                _complain(connection.sink, bad)
        elif isinstance(message, Pong):
            connection.round_trips.ponged(message.t, now)
        elif isinstance(message, Sync):
            gateway.rooms.renew(connection)
        elif isinstance(message, Hello):
            _complain(connection.sink, BadFrame("already_welcome", "Hello was said already.", None))
        elif isinstance(message, Leave):
            return


async def _close(sink: Sink, code: Close, reason: str) -> None:
    """Close with `code`; a peer that does not read is dropped after a moment."""
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await websocket.close(int(code), reason)
    except TimeoutError:
        sink.abort()
    except Exception:
        with suppress(Exception):
            sink.abort()


async def _linger(sink: Sink, seconds: float) -> None:
    """After our close: wait a moment for the peer's, throwing away what it still sends, then drop the connection.

    With nobody to take the rest, Hypercorn's reader would wait for ever and the connection would stay.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                await websocket.receive()
    sink.abort()
