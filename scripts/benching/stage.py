"""A running Quizwire with a crowd to fill its sessions, one after the other, for the benches of the whole system."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from client import Api, Host, Session
from db import answers
from db.pool import Pool
from scripts.benching.child import LOAD_CORE, Child, python
from scripts.benching.sides.session_load import digest
from scripts.benching.usage import Usage
from scripts.running.site import Site

__all__ = ["Stage", "staged"]

AT_ONCE = 64
FILLED_S = 600.0
QUESTIONS = 30


@dataclass(frozen=True, slots=True)
class Stage:
    """Sessions are started and ended by `host`; all that happens in them comes from `load`."""

    site: Site
    load: Child
    host: Host
    usage: Usage

    async def tell(self, **order: object) -> Any:
        """An order to the crowd, and its reply."""
        self.load.tell(**order)
        return await asyncio.to_thread(self.load.read)

    async def start(self, sessions: int) -> list[Session]:
        """So many more sessions of a quiz each, and a fresh token for their host: the crowd cannot renew it."""
        if self.host.api.renew is not None:
            await self.host.api.renew()
        options = [{"text": f"option {number}", "is_correct": number == 1} for number in range(4)]
        questions = [
            {"title": f"What is number {number}?", "options": options} for number in range(QUESTIONS)
        ]
        started = []
        for _ in range(sessions):
            quiz_id = await self.host.create_quiz({"title": "Bench", "questions": questions})  # type: ignore[typeddict-item]
            started.append(await self.host.start(quiz_id, "host", "speed"))
        return started

    async def bring_in(self, started: Sequence[Session], people: int, *, mixed: bool = False) -> Any:
        """So many participants into each of these sessions, one session after the other unless `mixed`."""
        ports = [int(url.rpartition(":")[2]) for url in self.site.urls]
        sessions = [(one["id"], one["join_code"]) for one in started]
        order = {"ports": ports, "sessions": sessions, "people": people, "at_once": AT_ONCE, "mixed": mixed}
        self.load.tell(do="join", **order)
        return await asyncio.to_thread(self.load.read, FILLED_S)

    async def question(self, spread_s: float) -> Any:
        """One question in all sessions, answered within that time when everybody has it; what the crowd saw of it."""
        order = {"token": self.host.api.token, "spread_s": spread_s, "pids": self.usage.families()}
        return await self.tell(do="question", **order)

    async def audit(self, started: Sequence[Session]) -> int:
        """End the sessions: in how many does PostgreSQL not hold exactly what was accepted, each once?"""
        await asyncio.gather(*(self.host.end(one) for one in started))
        accepted = await self.tell(do="accepted")
        pool = Pool(self.site.environment["DATABASE_URL"], 1)
        wrong = 0
        for one, expected in zip(started, accepted, strict=True):
            for _ in range(50):
                rows = await asyncio.to_thread(pool.call, answers.of_session, one["id"])
                if digest([(row.participant_id, row.question_id, row.option) for row in rows]) == expected:
                    break
                await asyncio.sleep(0.1)
            else:
                wrong += 1
        pool.close()
        return wrong

    async def leave(self) -> None:
        """Everybody goes, and the gateways have noticed."""
        await self.tell(do="leave")
        await asyncio.sleep(0.5)


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    """A fresh site, with a host and nobody else."""
    with (
        Site(QUIZWIRE_RATE_LIMITS="off", QUIZWIRE_MAX_CONNECTIONS_PER_ADDRESS="20000") as site,
        Child(_LOAD, LOAD_CORE) as load,
    ):
        api, usage = Api(site.urls), Usage(site)
        stage = Stage(site, load, Host(api), usage)
        await stage.host.sign_in(None, None)
        yield stage
        await usage.close()
        await api.close()


_LOAD = python("scripts.benching.sides.session_load")
