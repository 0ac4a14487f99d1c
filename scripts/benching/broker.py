"""Messages that do nothing, worked off by one process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from scripts.benching.bench import Bench, Contestant, compete
from scripts.benching.child import SERVER_CORE, Child, python
from scripts.benching.servers import embedded

__all__ = ["broker", "drain_once"]

LONG, SHORT = 40_000, 5_000
"""A backlog after an outage; and what a live system may have for a moment."""

OURS, OURS_SHORT, OURS_KEPT = (
    "Quizwire, batches",
    "Quizwire, batches, short queue",
    "Quizwire, batches, nothing deleted",
)
PLAIN, PLAIN_KEPT = "plain nats-py, fetch(256) + ack", "plain nats-py, nothing deleted"
WAYS = {
    OURS: ("jetstream_batches", LONG),
    OURS_SHORT: ("jetstream_batches", SHORT),
    OURS_KEPT: ("jetstream_batches_kept", LONG),
    PLAIN: ("plain_fetch", LONG),
    PLAIN_KEPT: ("plain_fetch_kept", LONG),
    "Quizwire, ordinary actor": ("jetstream_actor", 8_000),
    "Dramatiq, StubBroker": ("dramatiq_stub", 8_000),
    "Dramatiq, RedisBroker": ("dramatiq_redis", 4_000),
    "taskiq-nats": ("taskiq_nats", 4_000),
    "Celery on Redis": ("celery_redis", 2_000),
}


def broker(bench: Bench, *, quick: bool, rounds: int) -> None:
    """Messages a second, from queues that were filled before: long, short, and on a stream that deletes nothing."""
    with embedded() as environment:
        contestants = [
            Contestant(name, partial(drain_once, environment, way, count // (8 if quick else 1)))
            for name, (way, count) in WAYS.items()
        ]
        compete(bench, contestants, rounds)
    for theirs in (PLAIN, "Dramatiq, RedisBroker", "taskiq-nats", "Celery on Redis"):
        bench.judge(f"batches, of {theirs}", bench.ratio(OURS, theirs, "messages_per_s"))
    for theirs in ("taskiq-nats", "Celery on Redis"):
        ratio = bench.ratio(OURS_SHORT, theirs, "messages_per_s")
        bench.judge(f"batches from a short queue, of {theirs}", ratio)
    bench.judge(
        "batches, nothing deleted, of taskiq-nats", bench.ratio(OURS_KEPT, "taskiq-nats", "messages_per_s")
    )
    bench.notes += [
        "An ordinary actor is one call a message through all of Dramatiq; StubBroker shows what that costs by itself.",
        f"The queue holds {LONG:,} messages, a short one {SHORT:,}. A short one is called before the server has deleted it: "
        "settled_per_s counts until it has. taskiq-nats' stream deletes nothing; “nothing deleted” has such a stream.",
    ]


def drain_once(environment: Mapping[str, str], way: str, count: int) -> Mapping[str, float]:
    """Have one process fill a queue and work it off; from the end of its first call on."""
    command = python("scripts.benching.sides.broker_side", way, str(count))
    with Child(command, SERVER_CORE, environment=dict(environment)) as side:
        done = side.ready
    counted = done["messages"]
    measured = {
        "messages_per_s": counted / done["seconds"],
        "cpu_us_per_message": done["cpu_s"] / counted * 1e6,
    }
    if "settled_s" in done:
        measured["settled_per_s"] = counted / done["settled_s"]
    return measured
