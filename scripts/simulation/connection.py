"""The network side of one participant: a `client.Socket` that wakes up when the planned answer is due."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic

from client import Socket, websocket_url
from scripts.simulation.participant import Participant

__all__ = ["Line"]

OFFLINE_S = 0.1
"""How often a participant without a connection looks whether there is one again."""


class Line(Socket):
    """Keeps one participant connected until a stop code, over any of `urls` (base addresses of gateways)."""

    def __init__(self, participant: Participant, urls: Sequence[str], path: str = "/ws") -> None:
        addresses = [websocket_url(url, path) for url in urls]
        super().__init__(addresses, participant, first=participant.identity.number)
        self.participant = participant
        self._timer: asyncio.TimerHandle | None = None

    def release(self) -> None:
        """Let the participant begin to answer."""
        self.post(self.participant.release(monotonic()))
        self.heard()

    def heard(self) -> None:
        """Wake up when the planned answer is due."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.participant.due is not None:
            delay_s = max(0.0, self.participant.due - monotonic())
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._due)

    def _due(self) -> None:
        self._timer = None
        if not self.connected:  # the answer is given as soon as we are back
            self._timer = asyncio.get_running_loop().call_later(OFFLINE_S, self._due)
            return
        self.post(self.participant.answer_due(monotonic()))
        self.heard()
