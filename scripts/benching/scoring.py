"""Answers scored by one process: decode, rules, Redis, publish, hand on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from scripts.benching.bench import Bench, Contestant, Target, compete
from scripts.benching.broker import drain_once
from scripts.benching.child import LOAD_CORE, SERVER_CORE, Child, python
from scripts.benching.figures import percentile
from scripts.benching.servers import embedded

__all__ = ["scoring"]

OURS, PLAIN, CELERY = "Quizwire, scoring pool", "the same on a plain consumer", "Celery on Redis, no-op"
CALM, BUSY = "publish to result, 200 a second", "publish to result, half of saturation"
BATCH, SINGLE = "batches of 256 messages", "batches of 1"


def scoring(bench: Bench, *, quick: bool, rounds: int) -> None:
    """Answers a second from a full queue, and what batches are worth."""
    count = 4_000 if quick else 20_000
    with embedded() as environment:
        compete(
            bench,
            [
                Contestant(OURS, partial(_run, environment, "worker", count)),
                Contestant(PLAIN, partial(_run, environment, "plain", count)),
                Contestant(BATCH, partial(_run, environment, "batch", count // 2)),
                Contestant(SINGLE, partial(_run, environment, "single", count // 40)),
                Contestant(CELERY, partial(_celery, environment, count // 16)),
            ],
            rounds,
        )
        half = bench.middle(OURS, "answers_per_s") / 2
        compete(
            bench,
            [
                Contestant(CALM, partial(_latency, environment, 200.0, 3.0 if quick else 10.0, 1)),
                Contestant(BUSY, partial(_latency, environment, half, 1.0 if quick else 2.0, 16)),
            ],
            rounds,
        )
    bench.targets += [
        Target("publish to result, 200 a second: p99", bench.middle(CALM, "p99_ms"), 5.0, False, "ms"),
        Target("publish to result, half of saturation: p99", bench.middle(BUSY, "p99_ms"), 50.0, False, "ms"),
        Target("of the same work on a plain consumer", bench.ratio(OURS, PLAIN, "answers_per_s"), 0.8),
        Target(
            "of Celery's no-op, per CPU second",
            1 / bench.ratio(OURS, CELERY, "cpu_us_per_answer"),
            40.0,
        ),
        Target("batches of 256 of batches of 1", bench.ratio(BATCH, SINGLE, "answers_per_s"), 15.0),
    ]


def _run(environment: dict[str, str], way: str, count: int) -> Mapping[str, float]:
    command = python("scripts.benching.sides.scoring_side", way, str(count))
    with Child(command, SERVER_CORE, environment=environment) as side:
        done = side.ready
    return {"answers_per_s": count / done["seconds"], "cpu_us_per_answer": done["cpu_s"] / count * 1e6}


def _latency(environment: dict[str, str], rate: float, seconds: float, group: int) -> Mapping[str, float]:
    """From the call that stores an answer to the arrival of its outcome."""
    pool = python("scripts.benching.sides.scoring_side", "serve", "0")
    load = python("scripts.benching.sides.latency_side", f"{rate:.0f}", f"{seconds:g}", str(group))
    with (
        Child(pool, SERVER_CORE, environment=environment),
        Child(load, LOAD_CORE, environment=environment) as side,
    ):
        done = side.ready
    if len(done["took_s"]) < done["expected"]:
        raise RuntimeError(f"{done['expected'] - len(done['took_s'])} outcomes did not come")
    return {
        "p50_ms": percentile(done["took_s"], 0.5) * 1000,
        "p99_ms": percentile(done["took_s"], 0.99) * 1000,
        "answers_per_s": done["answers_per_s"],
    }


def _celery(environment: dict[str, str], count: int) -> Mapping[str, float]:
    done = drain_once(
        {**environment, "REDIS_URL": environment["REDIS_URL"][:-1] + "1"}, "celery_redis", count
    )
    return {"answers_per_s": done["messages_per_s"], "cpu_us_per_answer": done["cpu_us_per_message"]}
