"""Messages that do nothing, worked off by one process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from scripts.benching.bench import Bench, Contestant, compete
from scripts.benching.child import SERVER_CORE, Child, python
from scripts.benching.servers import embedded

__all__ = ["broker", "drain_once"]

WAYS = {
    "Quizwire, batches": ("jetstream_batches", 40_000),
    "plain nats-py, fetch(256) + ack": ("plain_fetch", 40_000),
    "Quizwire, ordinary actor": ("jetstream_actor", 8_000),
    "Dramatiq, StubBroker": ("dramatiq_stub", 8_000),
    "Dramatiq, RedisBroker": ("dramatiq_redis", 4_000),
    "taskiq-nats": ("taskiq_nats", 4_000),
    "Celery on Redis": ("celery_redis", 2_000),
}


def broker(bench: Bench, *, quick: bool, rounds: int) -> None:
    """Messages a second, from a queue that was filled before."""
    with embedded() as environment:
        contestants = [
            Contestant(name, partial(drain_once, environment, way, count // (8 if quick else 1)))
            for name, (way, count) in WAYS.items()
        ]
        compete(bench, contestants, rounds)
    ours = "Quizwire, batches"
    for theirs in (
        "plain nats-py, fetch(256) + ack",
        "Dramatiq, RedisBroker",
        "taskiq-nats",
        "Celery on Redis",
    ):
        bench.judge(f"batches, of {theirs}", bench.ratio(ours, theirs, "messages_per_s"))
    bench.notes.append(
        "An ordinary actor is one call a message through all of Dramatiq; StubBroker shows what that costs by itself."
    )


def drain_once(environment: Mapping[str, str], way: str, count: int) -> Mapping[str, float]:
    """Have one process fill a queue and work it off; from the end of its first call on."""
    command = python("scripts.benching.sides.broker_side", way, str(count))
    with Child(command, SERVER_CORE, environment=dict(environment)) as side:
        done = side.ready
    counted = done["messages"]
    return {"messages_per_s": counted / done["seconds"], "cpu_us_per_message": done["cpu_s"] / counted * 1e6}
