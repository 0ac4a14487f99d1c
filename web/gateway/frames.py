"""One event on its way to many: encoded once for each order of options, not once for each connection."""

from __future__ import annotations

from web.gateway import outgoing, views
from web.gateway.sink import frame

__all__ = ["Frames"]


class Frames:
    """A message as it is written to everybody; each frame is made when it is first asked for.

    `question_id` is the question whose options it speaks of; without one there is one frame for all.
    """

    __slots__ = ("_by_order", "_message", "question_id")

    def __init__(self, message: object) -> None:
        self._message = message
        self._by_order: dict[str, bytes] = {}
        self.question_id = views.options_of(message)

    def shown(self, order: str) -> bytes:
        """The frame for those who see the options in this order; see bus/order.py."""
        data = self._by_order.get(order)
        if data is None:
            data = self._by_order[order] = frame(outgoing.encode(views.reordered(self._message, order)))
        return data
