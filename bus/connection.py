"""One NATS connection per process, run by one asyncio loop thread, for callers in any thread.

nats-py is an asyncio library and Dramatiq works with threads. `Connection` bridges the two: it connects when it
is first used (the `dramatiq` command forks, and sockets do not survive that), and it reconnects for ever.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import Future
from logging import getLogger
from typing import Any, TypeVar

import nats.errors
from nats.aio.client import Client

from bus.errors import PublishRefused, PublishTimeout
from bus.live import Live
from bus.storing import ATTEMPT_S, RESERVE_BYTES, require_room, store_all
from bus.telemetry import context

__all__ = ["Connection"]

_T = TypeVar("_T")
_log = getLogger(__name__)


class Connection:
    """A lazily opened, thread-safe, fork-safe NATS connection.

    `url` may be a comma list of servers. `connect_timeout_s` bounds how long the first use waits for a server.
    Raises Unavailable when none answers by then, and ServerUnsuitable when one answers that is older than 2.12
    or has no JetStream.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str = "bus",
        connect_timeout_s: float = 30.0,
        ping_interval_s: float = 2.0,
        reconnect_wait_s: float = 0.2,
        pending_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self.url = url
        self.place = ",".join(part.rpartition("@")[2] for part in url.split(","))  # without passwords
        self.name = name
        self.connect_timeout_s = connect_timeout_s
        self.ping_interval_s = ping_interval_s
        self.reconnect_wait_s = reconnect_wait_s
        self.pending_bytes = pending_bytes
        self._lock = threading.Lock()
        self._live: Live | None = None
        self._reconnected: list[Callable[[], None]] = []
        forget = weakref.WeakMethod(self._forget)
        os.register_at_fork(after_in_child=lambda: (method := forget()) and method())

    @property
    def client(self) -> Client:
        """The nats-py client; touch it on the loop thread only. Connects when necessary."""
        return self._started().client

    def run(self, coroutine: Coroutine[Any, Any, _T], timeout_s: float | None = None) -> _T:
        """Run on the loop thread and wait for the result (or the exception)."""
        try:
            self._require_other_thread()
            future = self.spawn(coroutine)
        except BaseException:
            coroutine.close()
            raise
        try:
            return future.result(timeout_s)
        except BaseException:
            future.cancel()
            raise

    def spawn(self, coroutine: Coroutine[Any, Any, _T]) -> Future[_T]:
        """Start on the loop thread; do not wait."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._started().loop)

    def post(
        self, subject: str, payload: bytes = b"", reply: str = "", headers: dict[str, str] | None = None
    ) -> None:
        """Core publish from any thread; returns at once. The order of the calls is the order on the wire."""
        live = self._started()
        live.outbox.append((subject, payload, reply, headers))
        live.wake()

    def publish_many(self, messages: Iterable[tuple[str, bytes]]) -> None:
        """Core publish of `(subject, payload)` in order, woken by one call into the loop; returns at once.

        Acknowledgements that the broker issues later on this connection go out after these.
        """
        live = self._started()
        live.outbox.extend((subject, payload, "", None) for subject, payload in messages)
        live.wake()

    def publish_stored(
        self,
        subject: str,
        payload: bytes,
        *,
        message_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 5.0,
        meanwhile: Callable[[], object] | None = None,
    ) -> int:
        """Publish to JetStream and wait for the PubAck; returns the stream sequence.

        Tried again with the same `message_id` (made up when None) until `timeout_s`, so it is stored once. `meanwhile`
        is done while it is on its way. Raises PublishTimeout, PublishRefused when the server says no, and what
        `meanwhile` raises.
        """
        live = self._require_other_thread()
        all_headers = {**context.headers(), **(headers or {})}
        return store_all(live, [(subject, payload, message_id)], all_headers, timeout_s, meanwhile)[0]

    def publish_all_stored(
        self, messages: Sequence[tuple[str, bytes, str | None]], *, timeout_s: float = 5.0
    ) -> list[int]:
        """`publish_stored` of `(subject, payload, message_id)`, all in flight at once; sequences in input order.

        Raises PublishRefused or PublishTimeout after all have ended; the others may have been stored.
        """
        return store_all(self._require_other_thread(), messages, context.headers(), timeout_s)

    async def store(
        self,
        subject: str,
        payload: bytes,
        message_id: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 5.0,
        *,
        reserve_bytes: int = RESERVE_BYTES,
    ) -> int:
        """`publish_stored` for coroutines that run on the loop thread.

        `reserve_bytes` under the server's `max_payload` stay free for the headers of a dead letter.
        """
        all_headers = {**(headers or {}), "Nats-Msg-Id": message_id or uuid.uuid4().hex}
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            client = self.client
            if not client.is_connected:  # waiting beats buffering a copy per attempt
                await asyncio.sleep(min(left, 0.02))
                continue
            require_room(client.max_payload, payload, all_headers, reserve_bytes)
            try:
                reply = await client.request(
                    subject, payload, timeout=min(left, ATTEMPT_S), headers=all_headers
                )
            except nats.errors.BadSubjectError as error:
                raise PublishRefused(f"{subject!r} is not a subject") from error
            except (TimeoutError, nats.errors.Error, OSError):
                await asyncio.sleep(min(max(deadline - time.monotonic(), 0), 0.05))
                continue
            answer = json.loads(reply.data)
            if "error" not in answer:
                return int(answer["seq"])
            if answer["error"].get("code", 500) < 500:
                raise PublishRefused(str(answer["error"].get("description")))
            await asyncio.sleep(min(max(deadline - time.monotonic(), 0), 0.05))
        raise PublishTimeout(f"no PubAck for {subject} within {timeout_s:g} s")

    def listen(self, heard: Callable[[bytes], None]) -> str:
        """A subject of our own; `heard` gets the payload of all that comes to it, on the loop thread, until `forget`."""
        return self._started().receipts.listen(heard)

    def forget(self, subject: str) -> None:
        """End what `listen` began."""
        self._started().receipts.forget([subject])

    async def api(self, subject: str, body: Mapping[str, object], timeout_s: float = 2.0) -> dict[str, Any]:
        """One `$JS.API.<subject>` request on the loop thread; the answer as it came, `error` included."""
        reply = await self.client.request(f"$JS.API.{subject}", json.dumps(body).encode(), timeout=timeout_s)
        answer: dict[str, Any] = json.loads(reply.data)
        return answer

    def on_reconnect(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back on the loop thread after every reconnection; returns a function that ends this."""
        self._reconnected.append(callback)
        return lambda: self._reconnected.remove(callback) if callback in self._reconnected else None

    @property
    def closed(self) -> bool:
        """True when there is no connection now and none is being restored; the next use opens a new one."""
        live = self._live
        return live is None or live.client.is_closed

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Wait until all that was posted before has reached the server; False when it did not in time."""
        live = self._live
        if live is None:
            return True
        try:
            self.run(live.flush(), timeout_s)
        except (TimeoutError, nats.errors.Error, OSError):
            return False
        return True

    def close(self) -> None:
        """Flush, disconnect and end the loop thread. Using the connection again opens it anew."""
        with self._lock:
            live, self._live = self._live, None
        if live is None:
            return
        try:
            asyncio.run_coroutine_threadsafe(live.close(), live.loop).result(5.0)
        except (TimeoutError, nats.errors.Error, OSError):
            _log.warning("the NATS connection %s was not closed in order", self.name)
        live.stop()

    def _require_other_thread(self) -> Live:
        live = self._started()
        if threading.current_thread() is live.thread:
            raise RuntimeError("waiting on the loop thread for the loop thread: await the coroutine instead")
        return live

    def _started(self) -> Live:
        live = self._live
        if live is not None and not live.client.is_closed:
            return live
        with self._lock:
            if self._live is not None and self._live.client.is_closed:
                self._live.stop()
                self._live = None
            if self._live is None:
                live = Live(self)
                try:
                    live.connect()
                except BaseException:
                    live.stop()
                    raise
                self._live = live
            return self._live

    def _forget(self) -> None:
        """After a fork: the thread and the socket belong to the parent."""
        self._lock = threading.Lock()
        self._live = None
        self._reconnected = []
