"""What was said about messages and is not confirmed: the server works verdicts off in the background.

The last of each group asks for a confirmation. When its disk is slow, the server may lag behind by more than `ack_wait` and deliver
again what it was told to forget: that is answered again, not run again. A server that was killed may never confirm: it has forgotten
that it delivered. So a verdict that had to be repeated is waited for no more; it is only remembered, for when the message
comes again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile

from bus.deliveries import Delivery

__all__ = ["REMEMBERED", "Verdicts"]

REMEMBERED = 50_000  # repeated verdicts; whatever is beyond and comes again is run again
_NOBODY = (0, None, b"")


class Verdicts:
    """The verdicts on one consumer's messages. Not thread-safe.

    `post(subject, payload, reply)` sends; `inbox` is where confirmations come, as `<inbox>.<number of the group>`.
    """

    def __init__(self, post: Callable[[str, bytes, str], None]) -> None:
        self.inbox = ""
        self._post = post
        self._settling: dict[int, tuple[int, Delivery, bytes]] = {}  # (group, …, verdict), oldest group first
        self._doubted: dict[
            int, tuple[int, Delivery, bytes]
        ] = {}  # repeated, by stream sequence, oldest first
        self._group = 0
        self._told: deque[tuple[int, float]] = (
            deque()
        )  # groups that are not confirmed, and since when, monotonic
        self._heard_at = 0.0  # monotonic time of the last sign that verdicts arrive

    def __len__(self) -> int:
        """How many are waited for."""
        return len(self._settling)

    @property
    def sequences(self) -> list[int]:
        """Of what is waited for. What had to be repeated is not in it: another server may have given these anew."""
        return list(self._settling)

    @property
    def lag_s(self) -> float:
        """For how long the oldest has not been confirmed."""
        return time.monotonic() - self._told[0][1] if self._told else 0.0

    @property
    def silent_s(self) -> float:
        """For how long nothing was confirmed of what is waited for."""
        return time.monotonic() - self._heard_at if self._settling else 0.0

    def tell(self, deliveries: Sequence[Delivery], verdict: bytes) -> None:
        """ACK or TERM a group."""
        if not self._settling:
            self._heard_at = time.monotonic()
        self._tell([(one, verdict) for one in deliveries])

    def confirmed(self, group: int) -> None:
        """The server has worked off the verdicts up to this group; it takes them in order."""
        self._heard_at = time.monotonic()
        while self._told and self._told[0][0] <= group:
            self._told.popleft()
        for verdicts in (self._doubted, self._settling):
            done = list(takewhile(lambda item: item[1][0] <= group, verdicts.items()))
            for sequence, _ in done:
                del verdicts[sequence]

    def repeat(self) -> None:
        """Say once more all that is not confirmed."""
        unconfirmed, self._settling = self._settling, {}
        self._told.clear()
        self._heard_at = time.monotonic()
        self._tell([(delivery, verdict) for _, delivery, verdict in unconfirmed.values()])
        self._doubted |= self._settling
        self._settling = {}
        self._told.clear()
        while len(self._doubted) > REMEMBERED:
            del self._doubted[next(iter(self._doubted))]

    def stands(self, delivery: Delivery) -> bool:
        """Whether there is a verdict on this message, which has come again; it is repeated."""
        # A server that lost its last messages gives their sequences to others.
        group, settled, verdict = self._settling.get(delivery.sequence, _NOBODY)
        if settled is not None and settled.stored_at_ns == delivery.stored_at_ns:
            self._settling[delivery.sequence] = group, delivery, verdict
            self.repeat()  # what was told before may have been lost with it
            return True
        group, settled, verdict = self._doubted.get(delivery.sequence, _NOBODY)
        if settled is not None and settled.stored_at_ns == delivery.stored_at_ns:
            del self._doubted[delivery.sequence]
            self._tell([(delivery, verdict)])
            return True
        return False

    def clear(self) -> None:
        """Forget all."""
        self._settling.clear()
        self._doubted.clear()

    def _tell(self, verdicts: Sequence[tuple[Delivery, bytes]]) -> None:
        """Send a group of verdicts; the answer to the last one is the answer to all."""
        if not verdicts:
            return
        self._group += 1
        self._told.append((self._group, time.monotonic()))
        for number, (delivery, verdict) in enumerate(verdicts, start=1):
            delivery.payload = b""  # only who it was is remembered
            self._settling[delivery.sequence] = (self._group, delivery, verdict)
            reply = f"{self.inbox}.{self._group}" if number == len(verdicts) else ""
            self._post(delivery.reply, verdict, reply)
