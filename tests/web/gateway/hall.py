"""A gateway under the real Hypercorn, in this process, with a session in it; what happens there is the test's to say."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import msgspec

from bus import subjects
from bus.messages import Event, SessionState, encode
from db import live, quizzes, sessions, users
from tests.e2e.wire import Wire, wire
from tests.joining import join
from tests.web.people import quiz
from web.__main__ import server_config
from web.app import create_app
from web.board import put_on_board
from web.config import Config
from web.services import Services, services_of
from web.serving import serve

__all__ = ["Hall", "hall"]


class Hall:
    """One session, its first question open from `open_question` on."""

    def __init__(self, url: str, services: Services, state: SessionState) -> None:
        self.url = url
        self.services = services
        self.state = state
        self._joined = 0

    async def join(self, user_id: str | None = None) -> dict[str, Any]:
        """A new participant: `{id, resume_token, …}`."""
        self._joined += 1
        found = self.services
        one: dict[str, Any] = await found.pool.run(
            join, self.state.session_id, user_id, f"Guest {self._joined}"
        )
        await put_on_board(
            found.nats, found.pool, found.redis, self.state.session_id, one["id"], one["nickname"]
        )
        return one

    @asynccontextmanager
    async def seat(self, one: dict[str, Any] | None = None) -> AsyncIterator[Wire]:
        """A participant who has said hello."""
        one = one or await self.join()
        async with wire(self.url) as connection:
            await connection.hello(resume_token=one["resume_token"])
            yield connection

    async def tell(self, headers: dict[str, str] | None = None, **changes: Any) -> None:
        """The session moves on: an event to the gateway."""
        self.state = msgspec.structs.replace(
            self.state, seq=self.state.seq + 1, version=self.state.version + 1, **changes
        )
        loaded = await self.services.pool.run(live.load, self.services.redis, self.state.session_id)
        new = encode(self.state)
        await self.services.pool.run(
            live.swap_state, self.services.redis, self.state.session_id, loaded.state, new
        )
        event = Event(loaded.epoch, self.state, 0)
        await self.services.nats.publish(
            subjects.events(self.state.session_id), encode(event), headers=headers
        )

    async def open_question(self) -> None:
        """The first question."""
        await self.tell(state="open", event="question", question_index=0)


@asynccontextmanager
async def hall(config: Config, **settings: Any) -> AsyncIterator[Hall]:
    """Served until the end of the block; `settings` are Hypercorn's."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        config = replace(config, port=probe.getsockname()[1])
    server = server_config(config)
    for name, value in settings.items():
        setattr(server, name, value)
    app, stop = create_app(config), asyncio.Event()
    serving = asyncio.create_task(serve(app, server, shutdown_trigger=stop.wait))
    try:
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", config.port)
                writer.close()
                break
            except OSError:
                assert not serving.done(), serving.exception()
                await asyncio.sleep(0.02)
        found = services_of(app)
        yield Hall(f"http://127.0.0.1:{config.port}", found, await found.pool.run(_session, found))
    finally:
        stop.set()
        await serving


def _session(found: Services) -> SessionState:
    host = users.create("host@example.test", "hash", "Hedy")
    made = quizzes.create(host["id"], quiz())
    session = sessions.create(made["id"], host["id"], quizzes.snapshot(made["id"]), "host", "flat")
    state = SessionState(session["id"], host["id"], "host", question_count=1)
    live.restore(found.redis, session["id"], state=encode(state))
    return state
