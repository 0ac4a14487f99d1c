"""Whoever has vanished without a word is closed by the heartbeat, and whoever answers it stays."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest
from quart import Quart

from client import Conversation, Socket
from tests.web.gateway.test_fast_path import served
from tests.web.people import People, quiz
from web.app import create_app
from web.config import Config
from web.gateway import gateway
from web.gateway.gateway import SILENCE_S
from web.services import services_of

QUICKER = 50  # heartbeats than in earnest
PATIENCE_S = 20


class Network:
    """A way to a gateway, on which nothing gets through any more from a moment on: no bytes, no end."""

    def __init__(self, url: str) -> None:
        self.gone = False
        self.late = b""  # what the gateway wrote after that
        self.dropped = asyncio.Event()  # the gateway closed its end
        self._to = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> str:
        """The URL to connect to instead."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/ws"

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._server is not None:
            self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        their_reader, their_writer = await asyncio.open_connection(self._to.hostname, self._to.port)
        for coroutine in (self._up(reader, their_writer), self._down(their_reader, writer)):
            self._tasks.add(asyncio.create_task(coroutine))

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            if not self.gone:
                writer.write(data)

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                if self.gone:
                    self.late += data
                else:
                    writer.write(data)
        except ConnectionError:
            pass
        self.dropped.set()


@pytest.mark.usefixtures("control_worker")
async def test_a_peer_that_vanished_is_closed_and_one_that_answers_is_not(
    app: Quart, config: Config, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = await people.user()
    made = await host.post("/quizzes", quiz())
    session = (await host.post(f"/quizzes/{made.body['id']}/start", {})).body
    monkeypatch.setattr(gateway, "HEARTBEAT_MS", gateway.HEARTBEAT_MS / QUICKER)
    monkeypatch.setattr(gateway, "SILENCE_S", SILENCE_S / QUICKER)
    node = create_app(config)
    async with served(node) as url:
        network = Network(url)
        ways = [url, await network.open()]
        conversations = []
        for name in ("Here", "Gone"):
            joined = (
                await people.guest().post(f"/users/quizzes/{session['join_code']}/join", {"nickname": name})
            ).body
            conversations.append(Conversation(joined["ticket"], joined["resume_token"]))
        here, gone = (Socket([way], each) for way, each in zip(ways, conversations, strict=True))
        running = [asyncio.create_task(socket.run()) for socket in (here, gone)]
        try:
            async with asyncio.timeout(PATIENCE_S):
                while here.view.board is None or gone.view.board is None:  # noqa: ASYNC110  # over the network
                    await asyncio.sleep(0.01)
                network.gone = True
                await network.dropped.wait()
            (room,) = services_of(node).gateway.rooms.all()
            assert [one.participant_id for one in room.connections.values()] == [here.view.participant_id]
            assert b"\x0f\xa9" in network.late  # 4009, in the close frame that nobody read
            assert here.connected
            assert conversations[0].closes == []
        finally:
            for task in running:
                task.cancel()
            network.close()
            await asyncio.gather(*running, return_exceptions=True)
