"""What a gateway tells of itself. Labels have few values, and never an id.

What is added to for every frame is a plain number that a scrape reads (`Wire`): a Counter's lock would cost as much as the
write. Everything else is counted once per group, board or request, on children bound beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from bus.telemetry.metrics import LATENCY_S

__all__ = [
    "ACK_SECONDS",
    "ANSWERS",
    "BOARD_STALENESS",
    "CLOSES",
    "CONNECTIONS",
    "DRAINING",
    "GROUP_SIZE",
    "JOINS",
    "LOOP_LAG",
    "OUTBOX_WAITING",
    "RESULT_SECONDS",
    "ROOMS",
    "WIRE",
    "observe_request",
]

CONNECTIONS = Gauge("quizwire_connections", "Open WebSockets that have said hello, by role", ["role"])
CLOSES = Counter(
    "quizwire_websocket_closes", "WebSockets that ended, by close code; `gone` is a peer that left", ["code"]
)
JOINS = Counter("quizwire_joins", "Participants who joined a session, users and guests", ["kind"])
for _kind in ("guest", "user"):
    JOINS.labels(_kind)
for _role in ("participant", "host", "screen"):
    CONNECTIONS.labels(_role)

ROOMS = Gauge("quizwire_rooms", "Sessions with a room on this node, by state", ["state"])
DRAINING = Gauge("quizwire_draining", "1 while this node sends its participants elsewhere")

_ANSWERS = Counter(
    "quizwire_answers",
    "Answers by outcome: accepted (stored), duplicate, late, rejected (question closed or unknown, option or sender wrong),"
    " corrected (accepted, but another answer of the same participant had been recorded first)",
    ["outcome"],
)
ANSWERS = {
    outcome: _ANSWERS.labels(outcome)
    for outcome in ("accepted", "duplicate", "late", "rejected", "corrected")
}
ACK_SECONDS = Histogram(
    "quizwire_ack_seconds",
    "From an answer's frame to its acknowledgement: of each stored group the answer that waited longest",
    buckets=LATENCY_S,
)
RESULT_SECONDS = Histogram(
    "quizwire_result_seconds",
    "From an answer's frame to its outcome being back at this node: of each message of outcomes the slowest",
    buckets=LATENCY_S,
)
GROUP_SIZE = Histogram(
    "quizwire_submission_group_size",
    "Answers stored with one publish",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128),
)
OUTBOX_WAITING = Gauge("quizwire_outbox_waiting", "Answers that wait to be stored")
BOARD_STALENESS = Histogram(
    "quizwire_board_staleness_seconds",
    "From the first change of a leaderboard to the frame that shows it, per frame",
    buckets=LATENCY_S,
)
LOOP_LAG = Histogram(
    "quizwire_event_loop_lag_seconds",
    "How much later than planned the event loop ran a timer",
    buckets=LATENCY_S,
)

_REQUESTS = Histogram(
    "quizwire_http_request_seconds",
    "Time of one HTTP request, by route (a pattern, never a path) and status class",
    ["method", "route", "status"],
    buckets=LATENCY_S,
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe_request(method: str, route: str | None, status: int, seconds: float) -> None:
    """Count one request. Unknown methods and paths are strangers' words: they share one value."""
    _request(method if method in _METHODS else "other", route or "none", f"{status // 100}xx").observe(
        seconds
    )


_request = cache(_REQUESTS.labels)


class Wire(Collector):
    """What went over this node's sockets. Added to by the event loop's thread alone."""

    __slots__ = ("bytes", "frames", "received", "skipped")

    def __init__(self) -> None:
        self.frames = 0
        self.bytes = 0
        self.skipped = 0
        self.received = 0

    def collect(self) -> Iterator[Metric]:
        """The counters, as they are now."""
        for name, text, value in (
            ("quizwire_frames_sent", "Frames written to sockets", self.frames),
            ("quizwire_frames_sent_bytes", "Bytes of the frames written to sockets", self.bytes),
            (
                "quizwire_frames_skipped",
                "Frames that a peer was too slow to take: boards, which it gets later, or it is closed (4008) and comes back",
                self.skipped,
            ),
            (
                "quizwire_messages_received",
                "Messages that participants, hosts and screens sent",
                self.received,
            ),
        ):
            yield CounterMetricFamily(name, text, value=value)


WIRE = Wire()
REGISTRY.register(WIRE)
