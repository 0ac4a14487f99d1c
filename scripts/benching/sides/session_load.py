"""The load of whole sessions: `python -m scripts.benching.sides.session_load`, told what to do in lines of JSON.

`{"do": "join", "ports": […], "sessions": [[id, code], …], "people": n, "at_once": k, "mixed": b}`: n participants into each
session, into all at the same time or into one after the other; who is closed before the first snapshot comes again.
`{"do": "question", "token": t, "spread_s": s, "pids": {name: [pid, …]}}`: the host, whose access token that is, opens a question
in all sessions. When everybody has it, all answer within that time; each session's is closed when its last answer is
acknowledged. One line when all have result and final board. `pids` are the processes whose CPU is read on the way.
`{"do": "accepted"}`: the answers that were accepted, by session, as a digest.
`{"do": "leave"}`: everybody goes, and the sessions are forgotten.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import os
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from scripts.benching.clocks import cpu_of
from scripts.benching.sides.crowd import Person, Played
from scripts.benching.sides.desk import Desk, Refused
from scripts.benching.sides.lines import cpu_s, orders, run, say

PATIENCE_S = 30.0
ATTEMPTS, PAUSE_S = 5, 0.5
_TOLD = (
    *("last_shown_at", "first_sent_at", "last_sent_at", "last_ack_at", "closed_at"),
    *("acks_s", "results_at", "boards_at"),
)


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
        fresh = [
            (Played(session_id, ports[place % len(ports)], count), code)
            for place, (session_id, code) in enumerate(order["sessions"])
        ]
        self.sessions += [session for session, _ in fresh]
        todo = [(session, code, number) for session, code in fresh for number in range(count)]
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
            counter = await Desk.at(port)
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

    async def question(self, order: dict[str, Any]) -> None:
        """One question in all sessions, from its opening to the final boards, without a pause to collect garbage."""
        gc.disable()
        sessions, token, pids = self.sessions, order["token"], order["pids"] | {"load": [os.getpid()]}
        desks = [await Desk.at(session.port) for session in sessions]
        refusals: Counter[str] = Counter()
        for session in sessions:
            session.clear()

        def used() -> dict[str, float]:
            return {name: cpu_of(family) for name, family in pids.items()}

        async def close(session: Played, desk: Desk) -> None:
            await _within(session.acked)  # or else: close all the same, what is missing is counted
            try:
                await desk.post(f"/sessions/{session.session_id}/close", token=token)
            except (Refused, ConnectionError) as error:
                refusals[str(error)] += 1
            session.closed_at = time.monotonic()

        opened_at, marks = time.monotonic(), [used()]
        await asyncio.gather(
            *(
                desk.post(f"/sessions/{session.session_id}/next", token=token)
                for session, desk in zip(sessions, desks, strict=True)
            )
        )
        await _all(session.ready for session in sessions)
        marks.append(used())
        for person in self.people:
            person.answer_within(order["spread_s"])
        async with asyncio.TaskGroup() as group:
            for session, desk in zip(sessions, desks, strict=True):
                group.create_task(close(session, desk))
            await _all(session.acked for session in sessions)
            marks.append(used())  # after the last request to close has been sent: it waits for nothing here
        await _all(session.finished for session in sessions)
        marks.append(used())
        gc.enable()
        for desk in desks:
            desk.leave()
        closed = Counter(
            person.last.decode(errors="replace") for person in self.people if not person.connected
        )
        say(
            {
                "opened_at": opened_at,
                "cpu_s": marks,
                "missing": sum(session.missing for session in sessions),
                "closed": closed + refusals,
                "refused": sum(session.refused for session in sessions) + refusals.total(),
                "received_bytes": sum(session.received_bytes for session in sessions),
                "sessions": [{name: getattr(session, name) for name in _TOLD} for session in sessions],
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
        async with asyncio.timeout(PATIENCE_S):
            await event.wait()


async def _all(events: Iterable[asyncio.Event]) -> None:
    await asyncio.gather(*(_within(event) for event in events))


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
        elif order["do"] == "leave":
            await load.leave()
            say({"left": True})
        elif order["do"] == "question":
            await load.question(order)
        else:
            say([digest(session.accepted) for session in load.sessions])


if __name__ == "__main__":
    run(main())
