"""The load of whole sessions: `python -m scripts.benching.sides.session_load`, told what to do in lines of JSON.

`{"do": "join", "ports": […], "codes": […], "people": n, "at_once": k, "mixed": b}`: n participants into each session,
into all at the same time or into one after the other; who is closed before the first snapshot comes again.
`{"do": "clear", "spread_s": s}`: the next question is answered within that time.
`{"do": "question"}`: `{"acked": n}` as soon as everybody in session n has an ack; the last line when all have result and final board.
`{"do": "accepted"}`: the answers that were accepted, by session, as a digest.
`{"do": "leave"}`: everybody goes, and the sessions are forgotten.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import Any

from scripts.benching.sides.crowd import Desk, Person, Played
from scripts.benching.sides.lines import cpu_s, orders, run, say

PATIENCE_S = 30.0
ATTEMPTS, PAUSE_S = 5, 0.5


class Load:
    """Everybody in all sessions."""

    def __init__(self) -> None:
        self.sessions: list[Played] = []
        self.people: list[Person] = []
        self._named = 0

    async def join(self, order: dict[str, Any]) -> None:
        """Bring them in, `at_once` at a time; each counts when its first snapshot is there."""
        loop = asyncio.get_running_loop()
        ports, count = order["ports"], order["people"]
        first = self._named
        self._named += count
        there = len(self.people)
        fresh = [Played(count) for _ in order["codes"]]
        self.sessions += fresh
        todo = [
            (session, code, number)
            for session, code in zip(fresh, order["codes"], strict=True)
            for number in range(count)
        ]
        if order["mixed"]:
            todo.sort(key=lambda one: one[2])
        todo.reverse()
        joined_s: list[float] = []
        again = 0

        async def connected(session: Played, port: int, joined: dict[str, Any]) -> Person:
            nonlocal again
            for attempt in range(ATTEMPTS):
                person = Person(session, port, joined, again=attempt > 0)
                await loop.create_connection(partial(_the, person), "127.0.0.1", port)
                try:
                    await asyncio.wait_for(person.ready, PATIENCE_S)
                except (ConnectionError, TimeoutError):
                    person.close()
                    if attempt + 1 == ATTEMPTS:
                        raise
                    again += 1
                    await asyncio.sleep(PAUSE_S)
                else:
                    return person
            raise AssertionError("not reached")

        async def desk(port: int) -> None:
            _, counter = await loop.create_connection(Desk, "127.0.0.1", port)
            while todo:
                session, code, number = todo.pop()
                began_at = time.monotonic()
                joined = await counter.join(code, f"Participant {first + number}")
                self.people.append(await connected(session, port, joined))
                joined_s.append(time.monotonic() - began_at)

        began_at, before = time.monotonic(), cpu_s()
        async with asyncio.TaskGroup() as group:
            for number in range(min(order["at_once"], len(todo))):
                group.create_task(desk(ports[number % len(ports)]))
        seconds = time.monotonic() - began_at
        say(
            {
                "joined": len(self.people) - there,
                "seconds": seconds,
                "cpu_share": (cpu_s() - before) / seconds,
                "took_s": joined_s,
                "again": again,
            }
        )

    def clear(self, spread_s: float) -> None:
        """Before a question."""
        for session in self.sessions:
            session.clear(spread_s)

    async def question(self) -> None:
        """One question in all sessions, opened and closed by somebody else."""
        before = cpu_s()

        async def acked(number: int, session: Played) -> None:
            await _within(session.acked)  # or else: close all the same, what is missing is counted
            say({"acked": number})

        await asyncio.gather(*(acked(number, session) for number, session in enumerate(self.sessions)))
        used = cpu_s() - before
        first_at = min(session.first_shown_at for session in self.sessions)
        last_at = max(session.last_ack_at for session in self.sessions)
        await asyncio.gather(*(_within(session.finished) for session in self.sessions))
        closed = Counter(
            person.last.decode(errors="replace") for person in self.people if not person.connected
        )
        say(
            {
                "cpu_share": used / max(1e-9, last_at - first_at),
                "missing": sum(session.missing for session in self.sessions),
                "closed": closed,
                "refused": sum(session.refused for session in self.sessions),
                "received_bytes": sum(session.received_bytes for session in self.sessions),
                "sessions": [
                    {
                        "acks_s": session.acks_s,
                        "first_sent_at": session.first_sent_at,
                        "last_sent_at": session.last_sent_at,
                        "last_ack_at": session.last_ack_at,
                        "results_at": session.results_at,
                        "boards_at": session.boards_at,
                    }
                    for session in self.sessions
                ],
            }
        )

    async def leave(self) -> None:
        """Close everything."""
        for person in self.people:
            person.close()
        while any(person.connected for person in self.people):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        self.people, self.sessions = [], []


async def _within(event: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), PATIENCE_S)


def _the(person: Person) -> Person:
    return person


def digest(answers: list[tuple[str, str, str]]) -> str:
    """Of answers, in whatever order they came."""
    return hashlib.sha256("\n".join(",".join(one) for one in sorted(answers)).encode()).hexdigest()


async def main() -> None:
    load = Load()
    say({"ready": True})
    async for order in orders():
        if order["do"] == "join":
            await load.join(order)
        elif order["do"] == "clear":
            load.clear(order["spread_s"])
            say({"cleared": True})
        elif order["do"] == "leave":
            await load.leave()
            say({"left": True})
        elif order["do"] == "question":
            await load.question()
        else:
            say([digest(session.accepted) for session in load.sessions])


if __name__ == "__main__":
    run(main())
