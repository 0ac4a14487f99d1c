"""The load of whole sessions: `python -m scripts.benching.sides.session_load`, told what to do in lines of JSON.

`{"do": "join", "ports": […], "codes": […], "people": n, "at_once": k, "spread_s": s}`: n participants into each session.
`{"do": "question"}`: wait until all of them have their acks, then until all have result and final board; two replies.
`{"do": "given"}`: what was answered, by session, as a digest.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from functools import partial
from typing import Any

from scripts.benching.sides.crowd import Desk, Person, Played
from scripts.benching.sides.lines import cpu_s, orders, run, say

PATIENCE_S = 60.0


class Load:
    """Everybody in all sessions."""

    def __init__(self) -> None:
        self.sessions: list[Played] = []
        self.people: list[Person] = []

    async def join(self, order: dict[str, Any]) -> None:
        """Bring them in, `at_once` at a time; each counts when its first snapshot is there."""
        loop = asyncio.get_running_loop()
        ports, count = order["ports"], order["people"]
        first = len(self.people)
        fresh = [Played(count, order["spread_s"]) for _ in order["codes"]]
        self.sessions += fresh
        todo = [
            (session, code, number)
            for number in range(count)
            for session, code in zip(fresh, order["codes"], strict=True)
        ]
        todo.reverse()
        joined_s: list[float] = []

        async def desk(port: int) -> None:
            _, counter = await loop.create_connection(Desk, "127.0.0.1", port)
            while todo:
                session, code, number = todo.pop()
                began_at = time.monotonic()
                joined = await counter.join(code, f"Participant {first + number}")
                person = Person(session, port, joined)
                await loop.create_connection(partial(_the, person), "127.0.0.1", port)
                await person.ready
                self.people.append(person)
                joined_s.append(time.monotonic() - began_at)

        began_at, before = time.monotonic(), cpu_s()
        async with asyncio.TaskGroup() as group:
            for number in range(min(order["at_once"], len(todo))):
                group.create_task(desk(ports[number % len(ports)]))
        seconds = time.monotonic() - began_at
        say(
            {
                "joined": len(self.people) - first,
                "seconds": seconds,
                "cpu_share": (cpu_s() - before) / seconds,
                "took_s": joined_s,
            }
        )

    async def question(self) -> None:
        """One question in all sessions, opened by somebody else."""
        began_at, before = time.monotonic(), cpu_s()
        await asyncio.gather(*(self._within(session.acked) for session in self.sessions))
        say({"acked": True})
        await asyncio.gather(*(self._within(session.finished) for session in self.sessions))
        seconds = time.monotonic() - began_at
        say(
            {
                "cpu_share": (cpu_s() - before) / seconds,
                "connected": sum(person.connected for person in self.people),
                "refused": sum(session.refused for session in self.sessions),
                "sessions": [
                    {
                        "acks_s": session.acks_s,
                        "last_sent_at": session.last_sent_at,
                        "last_ack_at": session.last_ack_at,
                        "results_at": session.results_at,
                        "boards_at": session.boards_at,
                    }
                    for session in self.sessions
                ],
            }
        )

    async def _within(self, event: asyncio.Event) -> None:
        await asyncio.wait_for(event.wait(), PATIENCE_S)


def _the(person: Person) -> Person:
    return person


def digest(given: list[tuple[str, str, str]]) -> str:
    """Of answers, in whatever order they came."""
    return hashlib.sha256("\n".join(",".join(one) for one in sorted(given)).encode()).hexdigest()


async def main() -> None:
    load = Load()
    say({"ready": True})
    async for order in orders():
        if order["do"] == "join":
            await load.join(order)
        elif order["do"] == "clear":
            for session in load.sessions:
                session.clear()
            say({"cleared": True})
        elif order["do"] == "question":
            await load.question()
        else:
            say([digest(session.given) for session in load.sessions])


if __name__ == "__main__":
    run(main())
