"""How many WebSockets a node takes, in all and from one network; counted from the handshake to the end."""

from __future__ import annotations

from collections import Counter

from web.problems import Problem

__all__ = ["Admission"]

RETRY_AFTER_S = 5


class Admission:
    """The places of one node."""

    def __init__(self, most: int, per_network: int) -> None:
        self._most = most
        self._per_network = per_network
        self._taken = 0
        self._by_network: Counter[str] = Counter()

    def take(self, network: str) -> None:
        """A place for one connection from `network`. Raises Problem 503 or 429 when there is none."""
        if self._taken >= self._most:
            raise Problem(
                503,
                "node_full",
                "This node has as many connections as it takes: connect again in a moment, to any node.",
                retryable=True,
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        if self._by_network.get(network, 0) >= self._per_network:
            raise Problem(
                429,
                "too_many_connections",
                "Too many connections come from your network: close some, then connect again.",
                retryable=True,
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        self._taken += 1
        self._by_network[network] += 1

    def give_back(self, network: str) -> None:
        """The place of a connection that has ended."""
        self._taken -= 1
        self._by_network[network] -= 1
        if not self._by_network[network]:
            del self._by_network[network]
