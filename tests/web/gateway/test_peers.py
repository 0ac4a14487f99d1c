"""Peers that are slow, silent, many or hostile: they are closed with the right code, and nobody else notices."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from db import live, participants, scoreboard, users
from scripts.framecases.bytes import text
from tests.e2e.wire import Wire, wire
from tests.joining import join
from tests.web.gateway.hall import Hall, hall
from web.config import Config
from web.gateway import laggards
from web.gateway.connection import LAG_BYTES, Connection, OwnAnswer
from web.gateway.errors import Close
from web.gateway.inbox import Inbox
from web.gateway.room import Room
from web.gateway.sink import MAX_BUFFER_BYTES, SEND_BUFFER_BYTES, USER_TIMEOUT_MS, frame
from web.gateway.store import Store

CROWD = 300

REQUEST = (
    "GET /ws HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: quiz.v1\r\n{more}\r\n"
)


class Raw:
    """A peer on a plain socket that reads only when told to."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.reader: asyncio.StreamReader | None = None

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.sock, data)

    async def frames(self) -> AsyncIterator[tuple[int, bytes]]:
        """Opcode and payload of everything, up to the end."""
        if self.reader is None:
            self.reader, _ = await asyncio.open_connection(sock=self.sock)
            await self.reader.readuntil(b"\r\n\r\n")
        while True:
            try:
                first, length = await self.reader.readexactly(2)
                if length > 125:
                    size = await self.reader.readexactly(2 if length == 126 else 8)
                    length = int.from_bytes(size, "big")
                yield first & 0x0F, await self.reader.readexactly(length)
            except (asyncio.IncompleteReadError, ConnectionError):
                return

    async def code(self) -> int:
        """The code that it was closed with."""
        async for opcode, payload in self.frames():
            if opcode == 8:
                return int.from_bytes(payload[:2], "big")
        raise AssertionError("it ended without a close frame")


@asynccontextmanager
async def raw(place: Hall, hello: dict[str, Any] | None, more: str = "") -> AsyncIterator[Raw]:
    host, _, port = place.url.removeprefix("http://").partition(":")
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
        peer = Raw(sock)
        await peer.send(REQUEST.format(host=f"{host}:{port}", more=more).encode())
        if hello is not None:
            await asyncio.sleep(0.1)
            await peer.send(text(json.dumps({"type": "hello", **hello})))
        yield peer
    finally:
        sock.close()


@pytest.fixture
async def place(config: Config) -> AsyncIterator[Hall]:
    async with hall(config) as opened:
        yield opened


async def soon(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


@asynccontextmanager
async def listening(connection: Wire) -> AsyncIterator[list[bytes]]:
    """Its frames, while they are read as they come."""
    reading = asyncio.create_task(connection.collect(60))
    try:
        yield connection.frames
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


async def seated(place: Hall, participant: dict[str, Any]) -> tuple[Room, Connection]:
    """The room, and the participant's connection in it."""
    room = place.services.gateway.rooms.all()[0]
    await soon(lambda: participant["id"] in room.participants)
    return room, room.participants[participant["id"]]


def crowded(room: Room) -> None:
    for number in range(CROWD):
        room.board.put(f"{number:036}", f"Somebody {number}", 0, 0, 1)


def changed(room: Room, round: int) -> None:
    """Everybody has more points, and everybody is told."""
    for number in range(CROWD):
        room.board.put(f"{number:036}", None, round, round, round)
    room.board.version = round
    room.boards.send_changes()


def leaderboards(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in frames if one["type"] == "leaderboard"]


async def test_boards_to_a_peer_that_lags_become_one_and_its_events_all_come(place: Hall) -> None:
    slow = await place.join()
    async with (
        place.seat() as quick,
        listening(quick) as heard,
        raw(place, {"resume_token": slow["resume_token"]}) as peer,
    ):
        room, connection = await seated(place, slow)
        crowded(room)
        rounds = 60
        for round in range(2, 2 + rounds):
            changed(room, round)
            await asyncio.sleep(0.005)
        assert LAG_BYTES < connection.sink.waiting < MAX_BUFFER_BYTES / 2
        await place.open_question()
        await soon(lambda: any(b'"type":"question"' in data for data in heard))
        await soon(lambda: any(b'"version":%d,' % (1 + rounds) in data for data in heard))
        seen = leaderboards([json.loads(data) for data in heard])
        assert seen[-1]["version"] == 1 + rounds
        assert connection.close is None

        told: list[dict[str, Any]] = []
        async with asyncio.timeout(20):
            async for opcode, payload in peer.frames():
                assert opcode == 1
                told.append(json.loads(payload))
                if told[-1].get("full") and told[-1]["version"] == 1 + rounds:
                    break
        assert "question" in [one["type"] for one in told]
        assert len(leaderboards(told)) < min(rounds, len(seen))
        scores = {row[0]: row[2] for row in told[-1]["entries"]}
        assert scores[f"{0:036}"] == 1 + rounds
        # From here on it is told changes again.
        changed(room, 100)
        async with asyncio.timeout(10):
            async for _, payload in peer.frames():
                message = json.loads(payload)
                if message["type"] == "leaderboard":
                    assert (message.get("full"), message["base"], message["version"]) == (
                        None,
                        1 + rounds,
                        100,
                    )
                    break


async def test_what_must_not_be_dropped_closes_whoever_cannot_take_it(place: Hall) -> None:
    slow = await place.join()
    async with (
        place.seat() as quick,
        listening(quick) as heard,
        raw(place, {"resume_token": slow["resume_token"]}),
    ):
        room, connection = await seated(place, slow)
        largest = 0
        for _ in range(100):
            for one in list(room.connections.values()):
                one.write(frame(b'{"type":"skip","seq":0,"filler":"' + b"x" * 30_000 + b'"}'))
            largest = max(largest, connection.sink.waiting)
            await asyncio.sleep(0.002)
        assert connection.close is not None
        assert connection.close[0] is Close.SLOW
        assert largest < MAX_BUFFER_BYTES + 65_536
        await soon(lambda: slow["id"] not in room.participants)
        await soon(lambda: len([data for data in heard if b'"filler"' in data]) == 100)


async def test_a_peer_that_never_reads_up_is_closed(place: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laggards, "PATIENCE_S", 0.3)
    slow = await place.join()
    async with place.seat(), raw(place, {"resume_token": slow["resume_token"]}):
        room, connection = await seated(place, slow)
        crowded(room)
        for round in range(2, 62):
            changed(room, round)
        await soon(lambda: connection.close is not None)
        assert connection.close is not None
        assert connection.close[0] is Close.SLOW


async def test_the_kernel_gives_up_on_a_peer_that_does_not_take_bytes_and_keeps_few_for_it(
    place: Hall,
) -> None:
    one = await place.join()
    async with place.seat(one):
        connection = place.services.gateway.rooms.all()[0].participants[one["id"]]
        sink: Any = connection.sink
        server_side = sink.transport.get_extra_info("socket")
        timeout_ms = server_side.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert timeout_ms == USER_TIMEOUT_MS
        assert server_side.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * SEND_BUFFER_BYTES


async def test_a_handler_that_fails_closes_with_1011_and_nobody_else(place: Hall) -> None:
    one = await place.join()
    async with place.seat() as neighbour, place.seat(one) as connection:
        room = place.services.gateway.rooms.all()[0]
        room.participants[one["id"]].answers = None  # type: ignore[assignment]
        question_id = room.quiz.questions[0].id
        await connection.say({"type": "answer", "id": "a", "question_id": question_id, "option": "A"})
        assert await connection.code() == 1011
        await neighbour.say({"type": "sync"})
        await neighbour.until("snapshot")


async def reply_to(place: Hall, address: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Status, headers and problem of a handshake that comes from there."""
    async with raw(place, None, f"X-Forwarded-For: {address}\r\n") as peer:
        reader, _ = await asyncio.open_connection(sock=peer.sock)
        head, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return int(head.split()[1]), headers, json.loads(body) if body else {}


async def test_a_network_and_a_node_have_so_many_places_and_no_more(config: Config) -> None:
    few = replace(
        config,
        max_connections=3,
        max_connections_per_address=2,
        proxies=(ip_network("127.0.0.0/8"),),
    )
    async with hall(few) as place:
        here, there = "192.0.2.1", "198.51.100.1"
        async with raw(place, None, f"X-Forwarded-For: {here}\r\n"):
            async with raw(place, None, f"X-Forwarded-For: {here}\r\n"):
                await soon(lambda: place.services.gateway.admission._taken == 2)
                status, headers, problem = await reply_to(place, here)
                assert (status, problem["code"]) == (429, "too_many_connections")
                assert (headers["retry-after"], problem["retryable"]) == ("5", True)
                assert headers["content-type"] == "application/problem+json"
                async with raw(place, None, f"X-Forwarded-For: {there}\r\n"):
                    await soon(lambda: place.services.gateway.admission._taken == 3)
                    status, headers, problem = await reply_to(place, "203.0.113.1")
                    assert (status, problem["code"]) == (503, "node_full")
                    assert headers["retry-after"] == "5"
            await soon(lambda: place.services.gateway.admission._taken == 1)
            assert (await reply_to(place, here))[0] == 101
        await soon(lambda: place.services.gateway.admission._taken == 0)
        assert not place.services.gateway.admission._by_network


async def test_a_user_has_so_many_connections_and_guests_are_not_counted(config: Config) -> None:
    async with hall(replace(config, max_connections_per_user=1)) as place:
        user = await place.services.pool.run(users.create, "u@example.test", "hash", "U")
        one = await place.join(user["id"])
        async with place.seat(one), place.seat(), place.seat(), wire(place.url) as second:
            await second.say({"type": "hello", "resume_token": one["resume_token"]})
            error = await second.until("error")
            assert (error["code"], error["retryable"]) == ("too_many_connections", True)
            assert error["retry_after_ms"] > 0
            assert await second.code() == 4429
        async with place.seat(one):  # its place is free again
            pass


MOST_IN_BUFFERS = 24 * 1024 * 1024
"""What the kernel's buffers of a loopback connection may take, generously."""


async def test_a_flood_is_closed_and_stopped_and_the_neighbours_miss_nothing(place: Hall) -> None:
    hostile = await place.join()
    sent = 0
    async with place.seat() as neighbour, raw(place, {"resume_token": hostile["resume_token"]}) as peer:
        await seated(place, hostile)
        chunk = text('{"type":"pong"}') * 10_000

        async def flood() -> None:
            nonlocal sent
            while True:
                await peer.send(chunk)
                sent += len(chunk)

        flooding = asyncio.create_task(flood())
        events = 30
        for _ in range(events):
            await place.tell(event="state")
            await asyncio.sleep(0.02)
        async with asyncio.timeout(20):
            with pytest.raises((ConnectionResetError, BrokenPipeError)):
                await flooding
        assert sent < MOST_IN_BUFFERS
        while json.loads(neighbour.frames[-1]).get("seq") != place.state.seq:
            await neighbour.until("state")
        seqs = [one["seq"] for one in map(json.loads, neighbour.frames) if one["type"] == "state"]
        assert seqs == list(range(2, 2 + events))


async def test_a_flood_is_told_why(place: Hall) -> None:
    hostile = await place.join()
    async with place.seat(), raw(place, {"resume_token": hostile["resume_token"]}) as peer:
        await seated(place, hostile)
        await peer.send(text('{"type":"pong"}') * 5_000)
        codes = [payload async for opcode, payload in peer.frames() if opcode == 8]
    assert [int.from_bytes(code[:2], "big") for code in codes] == [4429]


async def test_whoever_closes_without_reading_is_not_kept_until_they_have_read(place: Hall) -> None:
    slow = await place.join()
    async with place.seat(), raw(place, {"resume_token": slow["resume_token"]}) as peer:
        _, connection = await seated(place, slow)
        while connection.sink.write(frame(b"x" * 60_000)):
            pass
        await peer.send(bytes((0x88, 0x80, 0, 0, 0, 0)))
        sink: Any = connection.sink
        ours = sink.transport.get_extra_info("socket")
        await soon(lambda: ours.fileno() == -1)


async def test_whoever_is_thrown_out_while_they_say_hello_is_not_let_in(
    place: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await place.join()
    found = place.services
    own_answers = Store.own_answers

    async def thrown_out_meanwhile(store: Store, room: Room, participant_id: str) -> dict[str, OwnAnswer]:
        if participant_id == one["id"] and not room.board.has_removed(one["id"]):
            await found.pool.run(participants.kick, one["id"])
            await place.tell(event="kicked", participant_id=one["id"])
            await soon(lambda: room.board.has_removed(one["id"]))
        return await own_answers(store, room, participant_id)

    async with place.seat(), wire(place.url) as connection:
        monkeypatch.setattr(Store, "own_answers", thrown_out_meanwhile)
        await connection.say({"type": "hello", "resume_token": one["resume_token"]})
        assert await connection.code() == 4503
        assert [json.loads(data)["type"] for data in connection.frames] == ["error"]
        (room,) = found.gateway.rooms.all()
        assert one["id"] not in room.participants


async def test_whoever_is_thrown_out_before_they_are_on_the_board_is_not_put_on_it(
    place: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, session_id = place.services, place.state.session_id
    one = await found.pool.run(join, session_id, None, "Eve")  # and the node died half-way
    by_resume_tokens = participants.by_resume_tokens

    def thrown_out_meanwhile(tokens: list[str]) -> list[dict[str, Any] | None]:
        known = by_resume_tokens(tokens)
        participants.kick(one["id"])
        live.leave(found.redis, session_id, one["id"])
        return known

    monkeypatch.setattr(participants, "by_resume_tokens", thrown_out_meanwhile)
    async with wire(place.url) as connection:
        await connection.say({"type": "hello", "resume_token": one["resume_token"]})
        assert await connection.code() == 4503
    board = await found.pool.run(scoreboard.board, found.redis, session_id)
    assert board is not None and board.rows == []


def inboxes() -> list[Inbox]:
    return [one for one in gc.get_objects() if type(one) is Inbox]


async def test_nothing_is_kept_of_what_comes_after_a_refusal(place: Hall) -> None:
    earlier = inboxes()
    async with raw(place, {"ticket": "bad"}) as peer:
        await peer.send(text(json.dumps({"type": "sync", "filler": "x" * 4000})) * 50)
        assert await peer.code() == 4501
        (inbox,) = (one for one in inboxes() if one not in earlier)
        assert not inbox._kept
