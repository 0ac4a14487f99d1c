"""What every process tells of itself and of its NATS connection. Labels have few values, and never an id."""

from __future__ import annotations

import platform

from prometheus_client import Counter, Gauge, Info, disable_created_metrics

from bus.release import release

__all__ = [
    "LATENCY_S",
    "NATS_CONNECTED",
    "NATS_DISCONNECTS",
    "NATS_DROPS",
    "NATS_RECONNECTS",
    "tell_build",
]

LATENCY_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of every histogram of seconds."""

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series for every series, which nothing asks for

BUILD = Info(
    "quizwire_build", "Release, Python and kind of this process: web, or the queues that a worker reads"
)

NATS_CONNECTED = Gauge("quizwire_nats_connected", "1 while this process is connected to NATS")
NATS_DISCONNECTS = Counter("quizwire_nats_disconnects", "Connections to NATS that were lost")
NATS_RECONNECTS = Counter("quizwire_nats_reconnects", "Connections to NATS that were restored")
NATS_DROPS = Counter(
    "quizwire_nats_dropped_messages",
    "Times that a full subscription dropped messages, each a gap to be mended",
)


def tell_build(service: str) -> None:
    """Say what this process is; `service` is `web`, or the queues of a worker."""
    BUILD.info({"version": release(), "python": platform.python_version(), "service": service})
