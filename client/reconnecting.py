"""Whether to connect again after a close, and when."""

from __future__ import annotations

from random import uniform

__all__ = ["CLOSE_CODES", "STOP_CODES", "pause_s"]

CLOSE_CODES = {
    1002: "broken frame",
    1003: "binary frame",
    1007: "not UTF-8",
    1009: "message too large",
    1011: "internal error",
    1012: "service restart",
    4001: "drain",
    4008: "slow",
    4009: "heartbeat",
    4010: "resync",
    4429: "rate",
    4501: "bad ticket",
    4503: "kicked or revoked",
    4504: "replaced by a newer connection",
    4505: "session ended",
    4508: "version",
}
"""What the codes of the contract mean."""

STOP_CODES = frozenset({1002, 1003, 1007, 1009, 4501, 4503, 4504, 4505, 4508})
"""After these one does not come back; after all others, and when the network was lost, one does."""

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 4.0


def pause_s(failures: int, asked_s: float | None = None) -> float:
    """How long to wait before connecting again, after so many connections in a row that led nowhere.

    What the server asked for counts; otherwise a random time up to 0.2 s, doubled with every failure, 4 s at most, so
    that a crowd does not come back at one moment.
    """
    longest_s: float = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(max(failures - 1, 0), 10))
    if asked_s is not None:
        return asked_s + (uniform(0, longest_s) if failures > 1 else 0.0)
    return uniform(0, longest_s)
