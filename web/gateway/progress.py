"""Answers arriving for the open question, on all nodes together: to hosts who and what, to screens how many."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from msgspec.structs import replace

from bus.messages import Answered
from bus.order import shown_key
from web.gateway import outgoing
from web.gateway.sink import frame

if TYPE_CHECKING:
    from web.gateway.connection import Connection, Role
    from web.gateway.room import Room

__all__ = ["EVERY_S", "Progress"]

EVERY_S = 0.25
"""Progress of one room is written no more often than this."""


class Progress:
    """Who has answered the open question of a room, as far as it is recorded, and who has been told.

    Costs nothing but a set of names while neither a host nor a screen is here.
    """

    def __init__(self, room: Room) -> None:
        self._room = room
        self._question_id = room.hidden_question_id()
        self._chosen: dict[str, dict[str, str]] = {}  # option by participant, by question
        self._connected = 0
        self._shown_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def load(self, chosen: Mapping[str, str]) -> None:
        """What was recorded before the room was here, options by participant."""
        if self._question_id is not None:
            self._chosen[self._question_id] = dict(chosen)

    def absorb(self, fresh: Progress) -> None:
        """Take over what another room of the session was loaded with; what came meanwhile is kept."""
        self._turn_to(fresh._question_id)
        both = self._open() | fresh._open()
        here = {who: option for who, option in both.items() if who in self._room.board.entries}
        self.load(here)
        self._soon()

    @property
    def answered(self) -> AbstractSet[str]:
        """Whose answers to the open question are recorded."""
        return self._open().keys()

    def begin(self) -> None:
        """The session has moved: count for the question that is open now, or for none."""
        if self._turn_to(self._room.hidden_question_id()):
            self._soon()

    def note(self, answered: Iterable[Answered]) -> None:
        """Answers were recorded, whichever node they came by; twice is harmless."""
        if self._room.state.pacing == "self":
            return
        for group in answered:  # maybe to a question of which this node is about to hear
            chosen = self._chosen.setdefault(group.question_id, {})
            chosen |= dict.fromkeys(group.participant_ids, group.option)
        self._soon()

    def forget(self, participant_id: str) -> None:
        """Somebody was thrown out: their answer does not count."""
        if self._open().pop(participant_id, None) is not None:
            self._soon()

    def count(self, connected: int) -> None:
        """So many participants are connected now."""
        if connected != self._connected:
            self._connected = connected
            self._soon()

    def show_to(self, connection: Connection) -> None:
        """Tell a host or a screen that has just come."""
        if connection.role != "participant" and self._question_id is not None:
            connection.write(self._for(connection.role))

    def _turn_to(self, question_id: str | None) -> bool:
        if question_id == self._question_id:
            return False
        self._question_id = question_id
        self._chosen = {} if question_id is None else {question_id: self._chosen.get(question_id, {})}
        return True

    def _open(self) -> dict[str, str]:
        """Of the open question."""
        return self._chosen.get(self._question_id or "", {})

    def _soon(self) -> None:
        if self._timer is None and self._question_id is not None and self._room.watchers:
            loop = asyncio.get_running_loop()
            wait_s = max(0.0, self._shown_at + EVERY_S - loop.time())
            self._timer = loop.call_later(wait_s, self._show)

    def _show(self) -> None:
        self._timer = None
        watchers = list(self._room.watchers.values())
        if self._question_id is None or not watchers:
            return
        self._shown_at = asyncio.get_running_loop().time()
        frames = {role: self._for(role) for role in {one.role for one in watchers}}
        for one in watchers:
            if one.lags:  # it is told how things are when it has read up
                self._soon()
            else:
                one.write(frames[one.role])

    def _for(self, role: Role) -> bytes:
        """One frame; for hosts with who chose what. That would tell anybody else what most take for right."""
        question_id = self._question_id
        assert question_id is not None
        chosen = self._open()
        progress = outgoing.Progress(question_id, len(chosen), self._connected)
        if role == "host":
            order = self._room.order.options(question_id, None)
            times = Counter(shown_key(order, option) for option in chosen.values())
            counts = {
                option.key: times[option.key] for option in self._room.question_by_id[question_id].options
            }
            progress = replace(progress, counts=counts, participant_ids=sorted(chosen))
        return frame(outgoing.encode(progress))
