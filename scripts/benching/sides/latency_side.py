"""Stores answers at a steady rate and waits for their outcomes: `… latency_side ANSWERS_PER_S SECONDS GROUP`."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time

import nats
from nats.aio.msg import Msg

from bus import subjects
from bus.messages import Outcome, decode, encode
from scripts.benching.sides.lines import run, say
from scripts.benching.sides.session_world import World, make_deps

PATIENCE_S = 30.0


async def main() -> None:
    rate, seconds, size = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    deps = make_deps(dict(os.environ))
    world = await asyncio.to_thread(World.make, deps)
    client = await nats.connect(os.environ["NATS_URL"])
    stream = client.jetstream()
    gc.collect()
    gc.disable()  # a pause of the load would be taken for one of the pool
    sent_at: dict[tuple[str, str], float] = {}
    took_s: list[float] = []

    async def on_results(message: Msg) -> None:
        now = time.monotonic()
        for outcome in decode(message.data, list[Outcome]):
            took_s.append(now - sent_at[outcome.participant_id, outcome.question_id])

    await client.subscribe(subjects.results("bench"), cb=on_results)
    count = min(int(rate * seconds), len(world.submissions)) // size * size
    began_at = time.monotonic()
    storing = []
    for start in range(0, count, size):
        due_at = began_at + start / rate
        await asyncio.sleep(max(0.0, due_at - time.monotonic()))
        group = world.submissions[start : start + size]
        now = time.monotonic()
        for one in group:
            sent_at[one.participant_id, one.question_id] = now
        storing.append(asyncio.create_task(stream.publish("submissions.0", encode(group), timeout=10)))
    sent_s = time.monotonic() - began_at
    await asyncio.gather(*storing)
    give_up_at = time.monotonic() + PATIENCE_S
    while len(took_s) < count and time.monotonic() < give_up_at:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    scored_s = time.monotonic() - began_at
    say(
        {
            "took_s": took_s,
            "expected": count,
            "answers_per_s": count / sent_s,
            "scored_per_s": len(took_s) / scored_s,
        }
    )
    await client.close()
    os._exit(0)


if __name__ == "__main__":
    run(main())
