"""What exists while connected: the loop, its thread, the nats-py client and what waits to be written."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from logging import getLogger
from typing import TYPE_CHECKING

import nats.errors
from nats.aio.client import Client

from bus import subjects
from bus.errors import ServerUnsuitable, Unavailable
from bus.loops import new_loop
from bus.receipts import Receipts
from bus.telemetry.metrics import NATS_CONNECTED, NATS_DISCONNECTS, NATS_DROPS, NATS_RECONNECTS

if TYPE_CHECKING:
    from bus.connection import Connection

__all__ = ["Live"]

_log = getLogger(__name__)

OLDEST_SERVER = (2, 12)
COMPLAIN_EVERY_S = 5.0


class Live:
    """One client on one loop thread, for one process. `owner` has the settings and the reconnect callbacks."""

    def __init__(self, owner: Connection) -> None:
        self.owner = owner
        self.client = Client()
        self.outbox: deque[tuple[str, bytes, str, dict[str, str] | None]] = deque()
        self.receipts = Receipts()
        self.loop = new_loop()
        self._awake = False
        self._dropped = 0
        self._complained_at = 0.0
        self._closing = False
        self._work = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self.thread = threading.Thread(target=self._run, name=f"nats-{owner.name}", daemon=True)
        self.thread.start()

    def wake(self) -> None:
        """Let the writer run. The flag keeps a burst of calls to one wake-up of the loop."""
        if not self._awake:
            self._awake = True
            self.loop.call_soon_threadsafe(self._work.set)

    def connect(self) -> None:
        """Connect and check the server; blocks the calling thread."""
        timeout_s = self.owner.connect_timeout_s
        future = asyncio.run_coroutine_threadsafe(self._connect(), self.loop)
        try:
            future.result(timeout_s)
        except TimeoutError:
            future.cancel()
            raise Unavailable(
                f"no NATS server answers at {self.owner.place} within {timeout_s:g} s"
            ) from None

    async def _connect(self) -> None:
        owner = self.owner
        await self.client.connect(
            owner.url.split(","),
            name=owner.name,
            inbox_prefix=subjects.inboxes(owner.url),
            max_reconnect_attempts=-1,
            reconnect_time_wait=owner.reconnect_wait_s,  # type: ignore[arg-type]  # it only sleeps by it
            ping_interval=owner.ping_interval_s,  # type: ignore[arg-type]  # it only sleeps by it
            max_outstanding_pings=2,
            pending_size=owner.pending_bytes,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnect,
            reconnected_cb=self._on_reconnect,
        )
        version = self.client.connected_server_version
        if (version.major, version.minor) < OLDEST_SERVER:
            raise ServerUnsuitable(
                f"the NATS server at {owner.place} is {version.major}.{version.minor}: scheduled messages need "
                f"2.12 or newer. Install a newer nats-server, or point NATS_URL at one."
            )
        if not self.client._server_info.get("jetstream"):
            raise ServerUnsuitable(
                f"the NATS server at {owner.place} runs without JetStream: start it with -js, "
                f"or add a jetstream block to its configuration."
            )
        await self.receipts.open(self.client)
        self._writer = self.loop.create_task(self._write())
        NATS_CONNECTED.set(1)

    async def _write(self) -> None:
        """The only writer of posted messages, which is what keeps their order."""
        while True:
            await self._work.wait()
            self._work.clear()
            self._awake = False  # before draining: a later append wakes again
            await self._drain()

    async def _drain(self) -> None:
        while self.outbox:
            subject, payload, reply, headers = self.outbox.popleft()
            try:
                await self.client.publish(subject, payload, reply, headers)
            except (nats.errors.Error, OSError, ValueError) as error:
                self._dropped += 1
                if (now := time.monotonic()) - self._complained_at > COMPLAIN_EVERY_S:
                    self._complained_at = now
                    reason = str(error) or type(error).__name__
                    _log.warning(
                        "%d posted messages not sent, last to %s: %s", self._dropped, subject, reason
                    )

    async def flush(self) -> None:
        await asyncio.sleep(0)  # the writer is in the middle of at most one message
        await self._drain()
        await self.client.flush()

    async def close(self) -> None:
        self._closing = True
        if self.client.is_connected:
            await self.flush()
        if self._writer is not None:
            self._writer.cancel()
        await self.client.close()

    def stop(self) -> None:
        if self.loop.is_running():
            self.loop.call_soon_threadsafe(self.loop.stop)
            if threading.current_thread() is not self.thread:
                self.thread.join(2.0)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(self.loop)
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self.loop.close()

    async def _on_error(self, error: Exception) -> None:
        if isinstance(error, nats.errors.SlowConsumerError):
            NATS_DROPS.inc()
        _log.warning("NATS connection %s: %s", self.owner.name, str(error) or type(error).__name__)

    async def _on_disconnect(self) -> None:
        NATS_CONNECTED.set(0)
        if not self._closing:
            NATS_DISCONNECTS.inc()
            _log.warning("NATS connection %s lost", self.owner.name)

    async def _on_reconnect(self) -> None:
        NATS_CONNECTED.set(1)
        NATS_RECONNECTS.inc()
        _log.warning("NATS connection %s is back", self.owner.name)
        for callback in list(self.owner._reconnected):
            callback()
