"""One simulated session from the host's account to the verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

from client import Api, Host, Session
from scripts.simulation.crowd import LastBoard
from scripts.simulation.crowds import Crowds
from scripts.simulation.ledger import judge
from scripts.simulation.options import Options
from scripts.simulation.plan import demo_quiz
from scripts.simulation.progress import Progress
from scripts.simulation.record import Record
from scripts.simulation.report import Report, measure
from scripts.simulation.sources import OtherSite, check_site, gather

__all__ = ["Simulation"]


@dataclass(slots=True)
class Played:
    """A session that is over, before the audit."""

    session: Session
    questions: int
    wall_s: float
    closed_at: dict[int, float] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    boards: list[LastBoard] = field(default_factory=list)


class Simulation:
    """Plays one session.

    `on_question` runs beside each question (from 0) of a host-paced session, and once, with 0, beside a
    self-paced one; tests hurt the servers there.
    """

    def __init__(
        self,
        options: Options,
        database_url: str,
        redis_url: str,
        *,
        on_question: Callable[[int], Awaitable[None]] | None = None,
    ) -> None:
        self.options = options
        self.progress = Progress("preparing", options.participants)
        self.records: list[Record] = []  # of everybody, once they have played
        self._database_url = database_url
        self._redis_url = redis_url
        self._on_question = on_question
        self._changed = asyncio.Event()
        self._imported: tuple[int, int] | None = None

    async def run(self) -> Report:
        """Play, then audit.

        Raises ApiError for what the REST side refuses, ConnectionError when somebody cannot get in, and OtherSite
        when the database is not that of the gateways.
        """
        api = Api(self.options.urls)
        host = Host(api)
        try:
            played = await self.play(host)
            return await self.audit(host, played)
        finally:
            await api.close()

    async def play(self, host: Host) -> Played:
        """Sign in, start, join, answer, end."""
        await host.sign_in(self.options.email, self.options.password)
        quiz_id = await self._quiz(host)
        session = await host.start(
            quiz_id,
            self.options.pacing,
            self.options.scoring,
            streak_bonus=self.options.streak_bonus,
            penalty_percent=self.options.penalty_percent,
        )
        try:
            await asyncio.to_thread(check_site, self._database_url, session["id"])
        except OtherSite:
            await host.end(session)  # nobody will play it
            raise
        questions = min(session["question_count"], self.options.questions or session["question_count"])
        self.progress.expected = questions * self.options.participants
        self.progress.crowd = crowd = Crowds(self.options, session["join_code"], self._changed.set)
        try:
            self.progress.stage = "joining"
            await crowd.join()
            self.progress.stage = "playing"
            began_at = monotonic()
            played = Played(session, questions, 0.0)
            crowd.release()
            if self.options.pacing == "host":
                session = await self._host_questions(host, crowd, session, questions, played.closed_at)
            else:
                all_done = self._until(
                    lambda: crowd.done >= self.options.participants,
                    self.options.question_timeout_s * questions,
                )
                await self._beside(0, all_done)
            self.progress.stage = "ending"
            played.session = await host.end(session)
            played.wall_s = monotonic() - began_at
            outcome = await crowd.finish(self.options.patience_s)
            self.records = played.records = outcome.records
            played.boards = outcome.boards
            return played
        finally:
            await crowd.stop()

    async def audit(self, host: Host, played: Played) -> Report:
        """Compare what was seen with what is stored."""
        self.progress.stage = "auditing"
        evidence = await gather(
            host,
            self._database_url,
            self._redis_url,
            played.session["id"],
            played.records,
            self.options.patience_s,
        )
        report = measure(
            played.records,
            judge(played.records, played.boards, evidence),
            session=dict(played.session),
            closed_at=played.closed_at,
            wall_s=played.wall_s,
            questions=played.questions,
            imported=self._imported,
        )
        wanted = self.options.questions
        return replace(report, wanted_questions=wanted if wanted and wanted > played.questions else None)

    async def _quiz(self, host: Host) -> str:
        if self.options.quiz_id is not None:
            return self.options.quiz_id
        if self.options.import_file is not None:
            imported = await host.import_quiz(self.options.import_file)
            self._imported = (imported["imported"], len(imported["rejected"]))
            return str(imported["quiz_id"])
        return await host.create_quiz(demo_quiz(self.options.seed, self.options.questions))

    async def _host_questions(
        self, host: Host, crowd: Crowds, session: Session, questions: int, closed_at: dict[int, float]
    ) -> Session:
        """Open, wait for everybody's answer, close; question after question."""
        for index in range(questions):
            session = await host.next(session)
            answered = self._until(partial(self._answered, crowd, index), self.options.question_timeout_s)
            await self._beside(index, answered)
            closed_at[index] = monotonic()
            session = await host.close(session)
            if self.options.pace == "realistic":
                await asyncio.sleep(self.options.reveal_s)
        return session

    async def _beside(self, index: int, answering: Awaitable[None]) -> None:
        if self._on_question is None:
            await answering
        else:
            await asyncio.gather(answering, self._on_question(index))

    async def _until(self, reached: Callable[[], bool], timeout_s: float) -> None:
        """Wait until something is reached, or for as long as a host would."""
        try:
            async with asyncio.timeout(timeout_s):
                while not reached():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pass

    def _answered(self, crowd: Crowds, index: int) -> bool:
        return crowd.settled(index) >= self.options.participants
