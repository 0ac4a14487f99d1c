"""Answers scored by one process: decode, rules, Redis, publish, hand on."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Mapping
from functools import partial
from urllib.parse import unquote, urlsplit

from db.connecting import connect_redis
from scripts.benching.bench import Bench, Contestant, compete
from scripts.benching.broker import drain_once
from scripts.benching.child import LOAD_CORE, SERVER_CORE, Child, python
from scripts.benching.figures import percentile, redis_cpu_s
from scripts.benching.servers import embedded

__all__ = ["scoring"]

OURS, PLAIN, CELERY = "Quizwire, scoring pool", "the same on a plain consumer", "Celery on Redis, no-op"
CALM, BUSY = "publish to result, 200 a second", "publish to result, half of saturation"
FULL = "publish to result, all at once"
ALL_AT_ONCE = 1e6
"""More a second than can be stored, scored and told: how many are is the saturation."""

BATCH, SINGLE = "batches of 256 messages", "batches of 1"
ZINCRBY = "redis-benchmark, pipelined ZINCRBY"
PIPELINE = 64


def scoring(bench: Bench, *, quick: bool, rounds: int) -> None:
    """Answers a second from a full queue, and what batches are worth."""
    count = 10_000 if quick else 20_000
    missing = shutil.which("redis-benchmark") is None
    if missing:
        bench.notes.append("redis-benchmark is not on PATH (Debian's redis-tools has it): left out")
    with embedded() as environment:
        compete(
            bench,
            [
                Contestant(OURS, partial(_run, environment, "worker", count)),
                Contestant(PLAIN, partial(_run, environment, "plain", count)),
                Contestant(BATCH, partial(_run, environment, "batch", count // 2)),
                Contestant(SINGLE, partial(_run, environment, "single", count // 40)),
                Contestant(CELERY, partial(_celery, environment, 500 if quick else 1_250)),
                *([] if missing else [Contestant(ZINCRBY, partial(_zincrby, environment, count * 10))]),
            ],
            rounds,
        )
        compete(bench, [Contestant(FULL, partial(_latency, environment, ALL_AT_ONCE, 1.0, 16))], rounds)
        half = bench.middle(FULL, "scored_per_s") / 2
        compete(
            bench,
            [
                Contestant(CALM, partial(_latency, environment, 200.0, 3.0 if quick else 10.0, 1)),
                Contestant(BUSY, partial(_latency, environment, half, 1.0 if quick else 2.0, 16)),
            ],
            rounds,
        )
    bench.judge("publish to result, 200 a second: p99", bench.middle(CALM, "p99_ms"))
    bench.judge("publish to result, half of saturation: p99", bench.middle(BUSY, "p99_ms"))
    bench.judge("of the same work on a plain consumer", bench.ratio(OURS, PLAIN, "answers_per_s"))
    bench.judge("of Celery's no-op, per CPU second", 1 / bench.ratio(OURS, CELERY, "cpu_us_per_answer"))
    bench.judge("batches of 256 of batches of 1", bench.ratio(BATCH, SINGLE, "answers_per_s"))
    if ZINCRBY in bench.rounds:
        bench.judge(
            "CPU of Redis for an answer, of redis-benchmark's pipelined ZINCRBY",
            bench.ratio(BATCH, ZINCRBY, "redis_cpu_us_per_answer"),
        )


def _run(environment: dict[str, str], way: str, count: int) -> Mapping[str, float]:
    command = python("scripts.benching.sides.scoring_side", way, str(count))
    with Child(command, SERVER_CORE, environment=environment) as side:
        done = side.ready
    count = done["answers"]  # without those of the first call
    measured = {"answers_per_s": count / done["seconds"], "cpu_us_per_answer": done["cpu_s"] / count * 1e6}
    if "redis_cpu_s" in done:
        measured["redis_cpu_us_per_answer"] = done["redis_cpu_s"] / count * 1e6
    return measured


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
        "scored_per_s": done["scored_per_s"],
    }


def _celery(environment: dict[str, str], count: int) -> Mapping[str, float]:
    done = drain_once(
        {**environment, "REDIS_URL": environment["REDIS_URL"][:-1] + "1"}, "celery_redis", count
    )
    return {"answers_per_s": done["messages_per_s"], "cpu_us_per_answer": done["cpu_us_per_message"]}


def _zincrby(environment: dict[str, str], count: int) -> Mapping[str, float]:
    """The least that a score can cost Redis: one command for each, many in a packet."""
    client = connect_redis(environment["REDIS_URL"])
    address = urlsplit(environment["REDIS_URL"])
    where = ["-h", str(address.hostname), "-p", str(address.port), "-a", unquote(address.password or "")]
    amount = [
        "-c",
        "1",
        "-P",
        str(PIPELINE),
        "-n",
        str(count),
        "-r",
        "500",
        "zincrby",
        "bench",
        "1",
        "__rand_int__",
    ]
    before, began_at = redis_cpu_s(client), time.monotonic()
    subprocess.run(["redis-benchmark", *where, *amount], check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - began_at
    used = redis_cpu_s(client) - before
    client.delete("bench")
    client.close()
    return {"answers_per_s": count / seconds, "redis_cpu_us_per_answer": used / count * 1e6}
