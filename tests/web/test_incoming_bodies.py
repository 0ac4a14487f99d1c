"""Bodies that are longer than they may be, and more of them at once than there is room for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from werkzeug.exceptions import RequestEntityTooLarge

from web.incoming_bodies import FREE_BYTES, BodyRoom, CountedBody

PIECE = b"x" * (FREE_BYTES + 1)


async def read(body: CountedBody) -> bytes:
    return b"".join([piece async for piece in body])


async def test_a_body_is_limited_however_much_of_it_has_been_read() -> None:
    body = CountedBody(None, 10)
    body.append(b"12345")
    reading = asyncio.create_task(read(body))
    await asyncio.sleep(0)
    body.append(b"6789")
    await asyncio.sleep(0)
    assert not reading.done()
    body.append(b"ab")
    with pytest.raises(RequestEntityTooLarge):
        await reading


async def test_a_limit_set_later_counts_what_has_come_already() -> None:
    body = CountedBody(None, 100)
    body.append(b"123456")
    with pytest.raises(RequestEntityTooLarge):
        body.limit(5)
    body = CountedBody(None, 100)
    body.append(b"123456")
    body.limit(6)
    body.set_complete()
    assert await read(body) == b"123456"


class Sender:
    """One request whose body comes in pieces; notes how many of them the app was given."""

    def __init__(self, room: BodyRoom, pieces: int, length: int | None = None) -> None:
        self.left = pieces
        self.taken = 0
        headers = [] if length is None else [(b"content-length", str(length).encode())]
        self.scope: dict[str, Any] = {"type": "http", "headers": headers, "sender": self}
        self.replying = asyncio.Event()
        self.task = asyncio.create_task(room(self.scope, self.receive, None))

    async def receive(self) -> dict[str, Any]:
        self.left -= 1
        return {"type": "http.request", "body": PIECE, "more_body": self.left > 0}


async def reading_app(scope: Any, receive: Any, send: Any) -> None:
    """Reads the whole body and holds it until it may reply."""
    while True:
        message = await receive()
        scope["sender"].taken += 1
        if not message["more_body"]:
            break
    await scope["sender"].replying.wait()


async def settled() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_bodies_wait_until_there_is_room_first_come_first_served() -> None:
    longest = 4 * len(PIECE)
    room = BodyRoom(reading_app, longest, room_bytes=2 * longest)
    one, two = Sender(room, 4), Sender(room, 4, length=10**30)  # however long it says it is
    await settled()
    assert (one.taken, two.taken) == (4, 4)
    three, short = Sender(room, 4), Sender(room, 1, length=len(PIECE))
    await settled()
    assert (three.taken, short.taken) == (0, 0)
    one.replying.set()
    await settled()
    assert (three.taken, short.taken) == (4, 0)
    two.task.cancel()
    await settled()
    assert short.taken == 1
    for sender in (three, short):
        sender.replying.set()
    await asyncio.wait_for(asyncio.gather(three.task, short.task), 5)


async def test_a_short_body_never_waits() -> None:
    room = BodyRoom(reading_app, len(PIECE), room_bytes=len(PIECE))
    Sender(room, 1)
    await settled()

    async def short() -> dict[str, Any]:
        return {"type": "http.request", "body": b"x" * 1000, "more_body": False}

    waiting = Sender(room, 1)
    scope: dict[str, Any] = {"type": "http", "headers": [], "sender": waiting}
    waiting.replying.set()
    await asyncio.wait_for(room(scope, short, None), 5)
    assert waiting.taken == 1
    assert not waiting.task.done()


async def test_whoever_gives_up_waiting_takes_no_room() -> None:
    room = BodyRoom(reading_app, len(PIECE), room_bytes=len(PIECE))
    one, two, three = (Sender(room, 1) for _ in range(3))
    await settled()
    two.task.cancel()
    one.replying.set()
    three.replying.set()
    await asyncio.wait_for(three.task, 5)
    assert (one.taken, two.taken, three.taken) == (1, 0, 1)
