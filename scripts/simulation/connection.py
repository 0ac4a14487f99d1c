"""The network side of one participant: a WebSocket at a time, and a new one wherever the old one broke."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from random import uniform
from time import monotonic
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin, Subprotocol

from scripts.simulation.participant import Participant

__all__ = ["STOP_CODES", "Line"]

STOP_CODES = frozenset({1003, 1009, 4501, 4503, 4504, 4505, 4508})
"""Close codes after which a client does not come back."""

SILENCE_S = 25.0
"""A server that sent nothing for this long, two and a half heartbeats, is taken for dead."""

LONGEST_PAUSE_S = 4.0


class Line:
    """Keeps one participant connected until a stop code, over any of `urls` (base addresses of gateways)."""

    def __init__(self, participant: Participant, urls: Sequence[str], path: str = "/ws") -> None:
        self.participant = participant
        self._urls = urls
        self._path = path
        self._next_url = participant.identity.number
        self._websocket: ClientConnection | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._sends: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Connect, and reconnect with growing, jittered pauses, until the server says stop or the session ended."""
        failures = 0
        while True:
            welcomed = self.participant.record.frames
            code = await self._connection()
            record = self.participant.record
            record.closes.append(code)
            if code in STOP_CODES or self.participant.ended:
                return
            failures = 1 if record.frames > welcomed + 1 else failures + 1
            pause_s = self.participant.reconnect_in_s
            if pause_s is None:
                pause_s = uniform(0, min(LONGEST_PAUSE_S, 0.1 * 2**failures))
            await asyncio.sleep(pause_s)

    def release(self) -> None:
        """Let the participant begin to answer."""
        self._post(self.participant.release(monotonic()))
        self._arm()

    def tick(self) -> None:
        """Send what is overdue and give up a dead connection; call about twice a second."""
        websocket, now = self._websocket, monotonic()
        if websocket is None:
            return
        if now - self.participant.last_heard > SILENCE_S:
            websocket.transport.abort()
            return
        self._post(self.participant.overdue(now))

    async def _connection(self) -> int | None:
        """One connection from handshake to close; its close code, or None when the network was lost."""
        url = self._urls[self._next_url % len(self._urls)]
        self._next_url += 1
        try:
            async with connect(
                _websocket_url(url, self._path),
                origin=Origin(url.rstrip("/")),
                subprotocols=[Subprotocol("quiz.v1")],
                compression=None,
                proxy=None,
                ping_interval=None,  # the protocol has its own heartbeat
                max_size=None,
                max_queue=256,
                open_timeout=15,
                close_timeout=2,
            ) as websocket:
                self.participant.last_heard = monotonic()
                await websocket.send(self.participant.hello(), text=True)
                self._websocket = websocket
                try:
                    await self._read(websocket)
                finally:
                    self._websocket = None
        except ConnectionClosed as closed:
            return None if closed.rcvd is None else int(closed.rcvd.code)
        except (OSError, TimeoutError, InvalidHandshake):
            return None
        return None

    async def _read(self, websocket: ClientConnection) -> None:
        participant = self.participant
        while True:
            data = await websocket.recv(decode=False)
            for frame in participant.receive(data, monotonic()):
                await websocket.send(frame, text=True)
            if participant.due is not None:
                self._arm()

    def _arm(self) -> None:
        """Wake up when the planned answer is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.participant.due is not None:
            delay_s = max(0.0, self.participant.due - monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._due)

    def _due(self) -> None:
        self._timer = None
        if self._websocket is None:  # offline: the answer is given as soon as we are back
            self._timer = asyncio.get_running_loop().call_later(0.1, self._due)
            return
        self._post(self.participant.answer_due(monotonic()))
        if self.participant.due is not None:
            self._arm()

    def _post(self, frames: list[bytes]) -> None:
        """Send from outside the reading loop."""
        if frames and self._websocket is not None:
            task = asyncio.get_running_loop().create_task(_send(self._websocket, frames))
            self._sends.add(task)
            task.add_done_callback(self._sends.discard)


async def _send(websocket: ClientConnection, frames: list[bytes]) -> None:
    with suppress(ConnectionClosed):  # the reading loop notices, and what was lost is retried
        for frame in frames:
            await websocket.send(frame, text=True)


def _websocket_url(base_url: str, path: str) -> str:
    parts = urlsplit(base_url)
    return f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}{parts.path.rstrip('/')}{path}"
