"""Sockets that stand on a login, when nobody tells the gateway that it was ended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from quart import Quart

from bus.messages import Revoked
from db import logins, users
from tests.web.people import Person
from web.gateway.connection import Connection
from web.gateway.errors import Close, Refused
from web.gateway.logins import LoginSockets
from web.gateway.meter import Meter
from web.services import services_of
from web.tokens import read_access_token


class Sink:
    waiting = 0

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def watch(self, tell: Any) -> None: ...

    def write(self, data: bytes) -> bool:
        self.written.append(data)
        return True


class Task:
    def __init__(self) -> None:
        self.cancelled = asyncio.Event()

    def cancel(self) -> None:
        self.cancelled.set()


def connection(user_id: str | None, login_id: str | None) -> Connection:
    sink: Any = Sink()
    task: Any = Task()
    return Connection(sink, task, "host", "session", None, Meter(50, 100), user_id=user_id, login_id=login_id)


@pytest.fixture
def sockets(app: Quart) -> LoginSockets:
    """Of the gateway of `app`."""
    return services_of(app).gateway.logins


async def ids(app: Quart, host: Person) -> tuple[str, str]:
    bearer = read_access_token(services_of(app).config.secret, host.token or "")
    return bearer.user_id, bearer.login_id


async def closed(one: Connection) -> Close:
    task: Any = one.task
    async with asyncio.timeout(10):
        await task.cancelled.wait()
    assert one.close is not None
    return one.close[0]


@pytest.mark.parametrize("kind", ["ban", "end"])
async def test_an_end_that_nobody_told_is_found_by_looking(
    app: Quart, host: Person, sockets: LoginSockets, kind: str
) -> None:
    pool = services_of(app).pool
    user_id, login_id = await ids(app, host)
    its, guest = connection(user_id, login_id), connection(None, None)
    await sockets.admit(its)
    await sockets.admit(guest)
    services_of(app).gateway.resync()
    await asyncio.sleep(0.2)
    assert its.close is None
    await (pool.run(users.ban, user_id) if kind == "ban" else pool.run(logins.end, login_id))
    services_of(app).gateway.resync()
    assert await closed(its) is Close.KICKED
    assert guest.close is None
    with pytest.raises(Refused) as refused:
        await sockets.admit(connection(user_id, login_id))
    assert (refused.value.close, refused.value.code) == (Close.KICKED, "login_ended")


async def test_an_end_while_its_login_is_looked_up_is_not_missed(
    app: Quart, host: Person, sockets: LoginSockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id, login_id = await ids(app, host)
    its = connection(user_id, login_id)

    async def in_between(*arguments: Any) -> bool:
        sockets.close(Revoked(user_id, (login_id,)))
        return True  # as it was when it was asked

    monkeypatch.setattr(sockets._pool, "run", in_between)
    await sockets.admit(its)
    assert its.close is not None


async def test_only_what_was_ended_closes_and_what_is_over_is_forgotten(
    app: Quart, host: Person, sockets: LoginSockets
) -> None:
    user_id, login_id = await ids(app, host)
    its, older = connection(user_id, login_id), connection(user_id, None)
    for one in (its, older):
        await sockets.admit(one)
    sockets.close(Revoked(user_id, ("another login",)))
    assert (its.close, older.close) == (None, None)
    sockets.close(Revoked(user_id, (login_id,)))
    assert its.close is not None
    assert older.close is None
    for one in (its, older, older, connection(None, None)):
        sockets.forget(one)
    assert sockets._by_user == {}
