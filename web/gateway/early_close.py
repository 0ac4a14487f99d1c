"""Closing a question as soon as everybody who is connected, on whatever node, has answered it.

Every node that has the room watches for it, so no death matters; when it sees nobody left it asks the others who is
connected to them just now, waits, looks again, and only then has the question closed. The command has the same id
from all nodes, and counts for that version of the session alone. The question's own deadline stands all the while.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec
import structlog
from nats.js import JetStreamContext

from bus import subjects
from bus.messages import Command, SessionState
from bus.tasks import encode_task
from web.gateway.presence import Presence
from web.gateway.room import Room

__all__ = ["COME_BACK_S", "HOLD_S", "EarlyClose", "close_now"]

HOLD_S = 0.5
"""From asking to deciding; the others' replies take milliseconds."""

COME_BACK_S = 5.0
"""Whoever lost the connection is waited for as long as this: a drained node's participants are back within it."""

LOOK_S = 0.1
"""From an answer to seeing whether it was the last one; more of them arrive meanwhile."""

PUBLISH_TIMEOUT_S = 2.0

log = structlog.get_logger(__name__)

Verdict = Literal["wait", "ask", "close"]


class EarlyClose:
    """One room's watch. Times are monotonic, in seconds."""

    def __init__(
        self,
        presence: Presence,
        ask: Callable[[Room], Awaitable[None]],
        close: Callable[[SessionState], Awaitable[None]],
    ) -> None:
        self._presence = presence
        self._ask = ask  # the other nodes, who is connected to them
        self._close = close  # the question that is open in this state
        self._seen: dict[str, float] = {}  # when each participant was connected last
        self._thrown_out: set[str] = set()
        self._asked: tuple[int, float] | None = None  # at which version of the session, and when
        self._closed: int | None = None  # the version at which it was decided
        self._timer: asyncio.TimerHandle | None = None
        self._looking: set[asyncio.Task[None]] = set()

    def note(self, participant_id: str, now: float) -> None:
        """Somebody has just connected, to whichever node."""
        self._seen[participant_id] = now

    def forget(self, participant_id: str) -> None:
        """Somebody was thrown out, and is not waited for."""
        self._thrown_out.add(participant_id)

    def look_soon(self, room: Room, wait_s: float = LOOK_S) -> None:
        """Look before long; asked again meanwhile, once."""
        if self._timer is None and _may_close(room.state):
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._look_now, room)

    async def look(self, room: Room) -> None:
        """Close the question when nobody is left to answer it, after asking the other nodes."""
        now = time.monotonic()
        verdict = self.verdict(room, now)
        if verdict == "ask":
            await self._ask(room)
            self.look_soon(room, HOLD_S)
        elif verdict == "close":
            version = room.state.version
            await self._close(room.state)
            self._closed = version

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._looking:
            task.cancel()

    def verdict(self, room: Room, now: float) -> Verdict:
        """What to do at this moment: nothing, ask the other nodes and look again after HOLD_S, or close."""
        if not _may_close(room.state) or room.state.version == self._closed:
            self._asked = None
            return "wait"
        here = (self._presence.connected(now) | room.participants.keys()) - self._thrown_out
        self._seen |= dict.fromkeys(here, now)
        self._seen = {who: at for who, at in self._seen.items() if now - at <= COME_BACK_S}
        if not here or self._seen.keys() - self._thrown_out - room.progress.answered:
            self._asked = None
            return "wait"
        if self._asked is None or self._asked[0] != room.state.version:
            self._asked = room.state.version, now
            return "ask"
        return "close" if now - self._asked[1] >= HOLD_S else "wait"

    def _look_now(self, room: Room) -> None:
        self._timer = None
        task = asyncio.get_running_loop().create_task(self._looked(room))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    async def _looked(self, room: Room) -> None:
        try:
            await self.look(room)
        except Exception as error:  # NATS is away: it is looked again every second
            log.warning("question_not_closed_early", error=type(error).__name__)


def _may_close(state: SessionState) -> bool:
    return (
        state.settings.early_close
        and state.state == "open"
        and state.pacing != "self"
        and state.paused_at_ms is None
    )


async def close_now(js: JetStreamContext, state: SessionState) -> None:
    """Have the open question closed as by its deadline, unless the session moves on before. Raises nats.errors.Error."""
    todo = Command(
        id=f"{state.session_id}.answered.{state.version}",
        kind="deadline",
        session_id=state.session_id,
        issued_at_ms=time.time_ns() // 1_000_000,
        question_index=state.question_index,
        expected_version=state.version,
    )
    subject, payload, _ = encode_task("control", "run_session", msgspec.to_builtins(todo))
    headers = {"Nats-Msg-Id": todo.id}
    await js.publish(subject, payload, stream=subjects.TASKS, timeout=PUBLISH_TIMEOUT_S, headers=headers)
