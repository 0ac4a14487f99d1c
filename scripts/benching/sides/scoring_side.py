"""Scores answers in one process: `python -m scripts.benching.sides.scoring_side WHICH COUNT`.

`worker`: the scoring pool's actor on our broker. `plain`: the same function on a plain JetStream consumer. `batch` and
`single`: the function alone, 256 messages or one at a time. `serve`: the pool as it runs, until the pipe is closed.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
import time
from collections.abc import Callable
from functools import partial

import dramatiq
import nats

from bus import subjects
from bus.messages import encode
from bus.streams import ensure, purge
from scripts.benching.figures import redis_cpu_s
from scripts.benching.sides.lines import cpu_s, say
from scripts.benching.sides.session_world import World, make_deps
from scripts.benching.sides.tally import Tally
from workers.actors.score_answers import score_answers
from workers.deps import Deps

GROUP = 16
"""Answers in one message, as a gateway groups them when a few hundred come in a second."""

BATCH = 64
PLAIN = "submissions.9"
tally = Tally()


def worker(deps: Deps, world: World, count: int) -> None:
    """The whole actor on our broker."""
    broker = deps.broker
    broker.declare_batch_queue(
        "scoring", stream=subjects.SUBMISSIONS, subject="submissions.0", batch_size=BATCH
    )

    def scored(payloads: list[bytes]) -> None:
        score_answers(deps, payloads)
        tally.add(len(payloads))

    broker.batch_actor(scored, queue_name="scoring", actor_name="score_answers")
    messages = _fill(deps, "submissions.0", world, count)
    running = dramatiq.Worker(broker, worker_threads=2, worker_timeout=50)
    tally.begin(messages)
    running.start()
    _tell()
    running.stop()


def serve(deps: Deps, world: World, count: int) -> None:
    """The pool with the settings it has in production, among answers that somebody waits for."""
    deps.pace.awaited()
    deps.broker.declare_batch_queue(
        "scoring",
        stream=subjects.SUBMISSIONS,
        subject="submissions.0",
        batch_size=BATCH,
        pace_s=deps.pace,
    )
    deps.broker.batch_actor(partial(score_answers, deps), queue_name="scoring", actor_name="score_answers")
    dramatiq.Worker(deps.broker, worker_threads=2, worker_timeout=50).start()
    say({"ready": True})
    sys.stdin.read()


def plain(deps: Deps, world: World, count: int) -> None:
    """fetch, score, acknowledge; nothing else."""
    left = _fill(deps, PLAIN, world, count)

    async def consume() -> None:
        nonlocal left
        client = await nats.connect(os.environ["NATS_URL"])
        stream = client.jetstream()
        subscription = await stream.pull_subscribe(PLAIN, "plain", stream=subjects.SUBMISSIONS)
        tally.begin(left)
        while left:
            messages = await subscription.fetch(BATCH, timeout=5)
            await asyncio.to_thread(score_answers, deps, [message.data for message in messages])
            for message in messages:
                await message.ack()
            left -= len(messages)
            tally.add(len(messages))
        _tell()
        await stream.delete_consumer(subjects.SUBMISSIONS, "plain")
        await client.close()

    asyncio.run(consume())


def calls(deps: Deps, world: World, count: int, *, size: int) -> None:
    """The function alone on messages of one answer, `size` of them at once."""
    payloads = [encode([submission]) for submission in world.submissions[:count]]
    score_answers(deps, [encode([world.submissions[-1]])])  # connects, and loads the key
    began_at, before, redis_before = time.monotonic(), cpu_s(), redis_cpu_s(deps.redis)
    for start in range(0, len(payloads), size):
        score_answers(deps, payloads[start : start + size])
    used = cpu_s() - before
    seconds = time.monotonic() - began_at
    redis_used = redis_cpu_s(deps.redis) - redis_before
    say({"seconds": seconds, "cpu_s": used, "redis_cpu_s": redis_used, "answers": len(payloads)})


def _tell() -> None:
    done = tally.wait()
    say({**done, "answers": done["messages"] * GROUP})


def _fill(deps: Deps, subject: str, world: World, count: int) -> int:
    """Store the submissions in groups; how many messages that is."""
    some = world.submissions[:count]
    groups = [encode(some[start : start + GROUP]) for start in range(0, len(some), GROUP)]
    for start in range(0, len(groups), 500):
        chunk = [(subject, payload, None) for payload in groups[start : start + 500]]
        deps.connection.publish_all_stored(chunk, timeout_s=60)
    return len(groups)


WAYS: dict[str, Callable[[Deps, World, int], None]] = {
    "worker": worker,
    "plain": plain,
    "serve": serve,
    "batch": partial(calls, size=256),
    "single": partial(calls, size=1),
}

if __name__ == "__main__":
    logging.disable()
    deps = make_deps(dict(os.environ))

    async def fresh() -> None:
        await ensure(deps.connection.client)
        await purge(deps.connection.client, subjects.SUBMISSIONS, ["submissions.0", PLAIN])
        await purge(deps.connection.client, subjects.TASKS, [subjects.tasks("persistence")])

    deps.connection.run(fresh())
    world = World.make(deps)
    gc.collect()
    gc.freeze()  # as a worker does
    WAYS[sys.argv[1]](deps, world, int(sys.argv[2]))
    os._exit(0)
