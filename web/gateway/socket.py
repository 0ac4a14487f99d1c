"""`GET /ws`: from the handshake to the close of one WebSocket."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from urllib.parse import urlsplit

import structlog
from quart import Blueprint, abort, websocket
from quart_cors import cors_exempt

from bus.telemetry import context
from web import problems
from web.clients import address_of, network_of
from web.gateway import outgoing
from web.gateway.connection import Connection, Newcomer
from web.gateway.entrance import admit, hello, thrown_out, welcome
from web.gateway.errors import Close, Refused
from web.gateway.gateway import Gateway
from web.gateway.hearing import Hearing
from web.gateway.meter import Meter
from web.gateway.room import Room
from web.gateway.sink import frame
from web.gateway.takeover import Line, line_of
from web.metrics import CLOSES, CONNECTIONS
from web.services import services

__all__ = ["SUBPROTOCOL", "blueprint"]

KEY_BYTES = 16
SUBPROTOCOL = "quiz.v1"
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
    offered = SUBPROTOCOL in websocket.requested_subprotocols
    line = line_of(websocket.scope)
    conversation: asyncio.Task[None] | None = None
    gateway.admission.take(network)
    try:
        await websocket.accept(subprotocol=SUBPROTOCOL if offered else None)
        conversation = gateway.begin(_converse(gateway, line, offered), network)
    finally:
        if conversation is None:
            gateway.admission.give_back(network)
    await line.carry(conversation)


async def _converse(gateway: Gateway, line: Line, offered: bool) -> None:
    """From the upgrade to the close, in a task of its own: nothing of the request is kept for as long as it lasts."""
    task = asyncio.current_task()
    assert task is not None
    sink = line.sink
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
        if gateway.draining:
            newcomer.end(Close.RESTART, "this node is stopping; connect again")
        if not offered:
            raise Refused(Close.VERSION, "version", f"Connect with the subprotocol {SUBPROTOCOL}.")
        meter = Meter(gateway.settings.rate, gateway.settings.burst)
        said = await hello(line, meter)
        connection = await admit(gateway, said, newcomer, meter)
        context.bind(connection_id=connection.id, session_id=connection.session_id)
        await gateway.logins.admit(connection)
        room = await gateway.rooms.enter(connection, said.epoch, said.seq)
        gateway.newcomers.discard(newcomer)
        if room is None:
            raise Refused(Close.RESYNC, "session_not_ready", "Connect again in a moment.", retryable=True)
        if connection.participant_id is not None and room.board.has_removed(connection.participant_id):
            raise thrown_out()  # since they were looked up
        welcome(room, connection, said)
        CONNECTIONS.labels(connection.role).inc()
        welcomed = True
        await gateway.rooms.tell_others(connection)
        if said.resume_token is not None and room.state.pacing == "self":
            gateway.look_again(room, connection)
        del said  # its ticket is long
        hearing = Hearing(gateway, room, connection)
        line.inbox.hear(hearing.hear)
        await hearing.end()
        code = str(int(Close.NORMAL))
        leave()
        sink.close(Close.NORMAL, "left")
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
        sink.close(refused.close, refused.code)
    except asyncio.CancelledError:
        close = newcomer.close if connection is None else connection.close or newcomer.close
        if close is None:
            raise  # the peer has gone
        task.uncancel()
        leave()
        code = str(int(close[0]))
        sink.close(*close)
    except Exception:
        leave()
        code = str(int(Close.INTERNAL_ERROR))
        log.exception("connection_failed")
        sink.close(Close.INTERNAL_ERROR, "internal error")
    finally:
        CLOSES.labels(code).inc()
        gateway.newcomers.discard(newcomer)
        log.info("socket_closed", code=code, role=None if connection is None else connection.role)
        if connection is not None:
            if welcomed:
                CONNECTIONS.labels(connection.role).dec()
            gateway.logins.forget(connection)
        leave()
    line.inbox.stop()
    await asyncio.sleep(linger_s)  # for the peer's own close, which cancels this
    sink.abort()


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
