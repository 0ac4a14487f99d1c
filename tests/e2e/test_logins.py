"""The end of a login is the end of its sockets, on whichever gateway they are."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.e2e.stack import ROOT, Stack
from tests.e2e.wire import Session, Wire, open_session, wire

PASSWORD = "correct horse battery staple"


def draft() -> dict[str, Any]:
    options = [{"text": "yes", "is_correct": True}, {"text": "no", "is_correct": False}]
    return {"title": "Logins", "questions": [{"title": "Are you there?", "options": options}]}


class User:
    """Somebody with an account, at one gateway."""

    def __init__(self, url: str, number: int) -> None:
        self.url = url
        self.email = f"user-{os.getpid()}-{id(self)}-{number}@example.test"
        self.tokens: dict[str, str] = {}
        self.client = httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)

    async def register(self) -> None:
        account = {"email": self.email, "password": PASSWORD, "display_name": "User"}
        assert (await self.client.post("/users/register", json=account)).status_code == 201
        await self.log_in()

    async def log_in(self) -> httpx.Response:
        reply = await self.client.post("/users/login", json={"email": self.email, "password": PASSWORD})
        if reply.is_success:
            self.tokens = reply.json()
            self.client.headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        return reply

    async def join(self, session: Session) -> dict[str, Any]:
        reply = await self.client.post(f"/users/quizzes/{session.state['join_code']}/join", json={})
        assert reply.status_code == 201, reply.text
        return dict(reply.json())


@pytest_asyncio.fixture
async def user(stack: Stack) -> Any:
    """Somebody who talks to the first gateway."""
    made = User(stack.gateways[0], 1)
    await made.register()
    yield made
    await made.client.aclose()


async def ended(socket: Wire) -> int:
    """The close code, after an `error` frame that says why."""
    assert (await socket.until("error"))["code"] == "login_ended"
    return await socket.code()


async def console(stack: Stack, *arguments: str) -> None:
    """`quizwire user …`."""
    environment = {"DATABASE_URL": stack.postgres.url, "NATS_URL": stack.nats.url}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "web.console", "user", *arguments, cwd=ROOT, env=environment
    )
    assert await process.wait() == 0


async def log_out(stack: Stack, user: User) -> None:
    assert (await user.client.post("/users/logout")).status_code == 204


async def change_password_elsewhere(stack: Stack, user: User) -> None:
    elsewhere = User(stack.gateways[0], 2)
    elsewhere.email = user.email
    await elsewhere.log_in()
    change = {"current_password": PASSWORD, "new_password": "another battery staple"}
    assert (await elsewhere.client.put("/users/profile", json=change)).status_code == 200
    await elsewhere.client.aclose()


async def revoke(stack: Stack, user: User) -> None:
    await console(stack, "revoke", user.email)


async def ban(stack: Stack, user: User) -> None:
    await console(stack, "ban", user.email)


async def steal(stack: Stack, user: User) -> None:
    """An old refresh token comes back after somebody went on with its successor."""
    old = token = user.tokens["refresh_token"]
    for _ in range(2):
        reply = await user.client.post("/users/refresh-token", json={"refresh_token": token})
        token = reply.json()["refresh_token"]
    reply = await user.client.post("/users/refresh-token", json={"refresh_token": old})
    assert reply.json()["code"] == "refresh_reused"


async def delete(stack: Stack, user: User) -> None:
    reply = await user.client.request("DELETE", "/users/profile", json={"password": PASSWORD})
    assert reply.status_code == 204


@pytest.mark.parametrize("end", [log_out, change_password_elsewhere, steal, revoke, ban, delete])
async def test_the_sockets_of_a_login_close_on_every_gateway_and_stay_out(
    stack: Stack, user: User, end: Callable[[Stack, User], Awaitable[None]]
) -> None:
    first, second = stack.gateways
    async with open_session([first], draft()) as session, AsyncExitStack() as sockets:
        own = await user.client.post("/quizzes", json=draft())
        hosted = (await user.client.post(f"/quizzes/{own.json()['id']}/start", json={})).json()
        tickets = [
            (await user.client.post(f"/sessions/{hosted['id']}/tickets", json={"role": role})).json()[
                "ticket"
            ]
            for role in ("host", "screen", "host")
        ]
        joined, guest = await user.join(session), await session.join()
        player, host, screen, stranger = [
            await sockets.enter_async_context(wire(url)) for url in (second, second, first, second)
        ]
        await player.hello(ticket=joined["ticket"])
        await host.hello(ticket=tickets[0])
        await screen.hello(ticket=tickets[1])
        await stranger.hello(ticket=guest["ticket"])

        await end(stack, user)
        assert [await ended(socket) for socket in (player, host, screen)] == [4503] * 3

        assert (await user.client.get("/users/profile")).status_code == 401
        late = [{"ticket": tickets[2]}, {"resume_token": joined["resume_token"]}]
        for hello in late:
            again = await sockets.enter_async_context(wire(first))
            await again.say({"type": "hello", **hello})
            code = "bad_resume_token" if end is delete and "resume_token" in hello else "login_ended"
            assert (await again.until("error"))["code"] == code
            assert await again.code() == (4501 if code == "bad_resume_token" else 4503)

        await session.next()
        assert (await stranger.until("question"))["title"] == "Are you there?"


async def test_one_login_ends_and_the_other_plays_on(stack: Stack, user: User) -> None:
    first, second = stack.gateways
    other = User(second, 3)
    other.email = user.email
    await other.log_in()
    async with open_session([first], draft()) as session, wire(second) as player:
        joined = await other.join(session)
        await player.hello(ticket=joined["ticket"])
        await log_out(stack, user)
        question_id = await session.next()
        assert (await player.answer(question_id, "A"))["status"] == "accepted"
        await other.client.post("/users/logout")
        assert await ended(player) == 4503
    await other.client.aclose()


async def test_who_deletes_the_account_is_nameless_on_the_board_at_once(stack: Stack, user: User) -> None:
    async with open_session([stack.gateways[0]], draft()) as session, wire(stack.gateways[1]) as watcher:
        joined, guest = await user.join(session), await session.join()
        await watcher.hello(ticket=guest["ticket"])
        await delete(stack, user)
        while True:
            rows = (await watcher.until("leaderboard"))["entries"]
            name = next((row[1] for row in rows if row[0] == joined["participant_id"]), None)
            if name is not None and name != joined["nickname"]:
                break
        assert name.startswith("Deleted ")
