"""Hypercorn's server, with connections of ours in front."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast

from hypercorn.asyncio.run import worker_serve
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config, Sockets
from hypercorn.typing import AppWrapper, Framework
from hypercorn.utils import repr_socket_addr, wrap_app

from bus.telemetry import context
from web.serving.lane import Lane

__all__ = ["Serving", "serve"]


async def serve(app: Framework, config: Config, *, shutdown_trigger: Callable[[], Awaitable[object]]) -> None:
    """Hypercorn's `serve`, without TLS, which is the proxy's.

    Raises OSError when an address is not to be had, before anything is started.
    """
    sockets = config.create_sockets()
    serving = Serving(wrap_app(app, config.wsgi_max_body_size, "asgi"), config)

    async def until_told() -> (
        None
    ):  # Hypercorn calls it when the app has started, and stops the app when it returns
        loop = asyncio.get_running_loop()
        servers = []
        for sock in sockets.insecure_sockets:
            servers.append(await loop.create_server(lambda: Lane(serving), sock=sock, backlog=config.backlog))
            address = repr_socket_addr(sock.family, sock.getsockname())
            await config.log.info(f"Running on http://{address} (CTRL + C to quit)")
        try:
            await shutdown_trigger()
        finally:
            for server in servers:
                server.close()
            await serving.stop()

    try:
        await worker_serve(serving.app, config, sockets=Sockets([], [], []), shutdown_trigger=until_told)
    finally:
        for sock in sockets.insecure_sockets:
            sock.close()


class Serving:
    """What all connections of one server have in common."""

    def __init__(self, app: AppWrapper, config: Config) -> None:
        self.app = app
        self.config = config
        self.context = WorkerContext(None)
        self.lanes: set[Lane] = set()
        self.stopping = False
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, work: Awaitable[None]) -> None:
        """A task that is waited for at the end, and is about nothing yet: an answer that is done may begin the next."""
        task = asyncio.get_running_loop().create_task(
            cast(Coroutine[Any, Any, None], work), context=context.apart()
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def hypercorn(self, transport: asyncio.Transport) -> asyncio.StreamReader:
        """Hand a connection to Hypercorn; to the reader goes what has been read of it."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(loop=loop)

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await TCPServer(self.app, loop, self.config, self.context, {}, reader, writer)

        def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.spawn(connected(reader, writer))

        protocol = asyncio.StreamReaderProtocol(reader, begin, loop=loop)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        return reader

    async def stop(self) -> None:
        """End idle connections at once, and the others with what they are answering, or after `graceful_timeout`.

        What is cancelled then has as long again.
        """
        self.stopping = True
        await self.context.terminated.set()
        for lane in list(self.lanes):
            lane.stop()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self.config.graceful_timeout)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=self.config.graceful_timeout)
