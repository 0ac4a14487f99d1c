"""Waits until every gateway node has stored what it accepted before an event."""

from __future__ import annotations

from collections.abc import Collection
from threading import Condition
from types import TracebackType
from typing import Self

from bus.connection import Connection
from bus.messages import FLUSHED_TO

__all__ = ["Flushed"]


class Flushed:
    """Inside `with` it hears who has; publish the event with its `headers` there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._node_ids: set[str] = set()
        self._changed = Condition()

    def __enter__(self) -> Self:
        self._subject = self._connection.listen(self._heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._connection.forget(self._subject)

    @property
    def headers(self) -> dict[str, str]:
        """Of the event."""
        return {FLUSHED_TO: self._subject}

    def wait(self, node_ids: Collection[str], timeout_s: float) -> bool:
        """True once all these nodes have said so; False when one has not within `timeout_s`. Not on the loop thread.

        With no node named nobody is known to have the room, which proves nothing: then it waits all the time.
        """
        wanted = set(node_ids)
        with self._changed:
            return self._changed.wait_for(lambda: bool(wanted) and wanted <= self._node_ids, timeout_s)

    def _heard(self, node_id: bytes) -> None:
        with self._changed:
            self._node_ids.add(node_id.decode(errors="replace"))
            self._changed.notify()
