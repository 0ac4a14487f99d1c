"""A crowd that joins a session which somebody else runs, and stays until it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import monotonic

from client import Api, Host
from scripts.simulation.crowd import LastBoard, Outcome
from scripts.simulation.crowds import Crowds
from scripts.simulation.ledger import Evidence, Verdict, judge
from scripts.simulation.options import Options
from scripts.simulation.progress import Progress
from scripts.simulation.record import Record
from scripts.simulation.report import Report, measure
from scripts.simulation.sources import OtherSite, check_site, gather

__all__ = ["Visit", "own_part"]

REMOVED = 4503
"""Close code of whom the host removed: their answers count no longer."""


class Visit:
    """One crowd in the session of a join code. Without the addresses of both databases there is no ledger."""

    def __init__(
        self, options: Options, join_code: str, database_url: str | None, redis_url: str | None
    ) -> None:
        self._options = options
        self.progress = Progress("joining", options.participants)
        self._join_code = join_code
        self._database_url = database_url
        self._redis_url = redis_url

    async def run(self) -> Report:
        """Join, answer what opens, and report when the session has ended.

        Raises ApiError when the session takes nobody in and ConnectionError when somebody cannot get in.
        """
        api = Api(self._options.urls)
        host = Host(api)  # nobody's account: it only reads what everybody may
        self.progress.crowd = crowd = Crowds(self._options, self._join_code, lambda: None)
        try:
            session_id = await crowd.join()
            if self._database_url is not None:
                try:
                    await asyncio.to_thread(check_site, self._database_url, session_id)
                except OtherSite:  # anybody may visit; only a site's own people can audit it
                    self._database_url = None
            session = await host.session(session_id)
            self.progress.expected = session["question_count"] * self._options.participants
            self.progress.stage = "answers"
            began_at = monotonic()
            crowd.release()
            outcome = await crowd.finish(None)
            wall_s = monotonic() - began_at
            self.progress.stage = "auditing"
            stayed = [record for record in outcome.records if REMOVED not in record.closes]
            for record in stayed:
                record.stuck_at = None  # a session that ends before one is through is its host's choice
            report = measure(
                stayed,
                await self._audit(host, session_id, stayed, outcome),
                session=dict(session),
                closed_at={},  # nobody told us
                wall_s=wall_s,
                questions=len({a.question_index for record in stayed for a in record.attempts.values()}),
            )
            return replace(report, visited=True, removed=len(outcome.records) - len(stayed))
        finally:
            await crowd.stop()
            await api.close()

    async def _audit(
        self, host: Host, session_id: str, records: Sequence[Record], outcome: Outcome
    ) -> Verdict | None:
        """Compare what was seen with what is stored; None where that cannot be read."""
        if self._database_url is None or self._redis_url is None:
            return None
        evidence = await gather(
            host, self._database_url, self._redis_url, session_id, records, self._options.patience_s
        )
        return judge(records, *own_part(records, outcome.boards, evidence))


def own_part(
    records: Sequence[Record], boards: Sequence[LastBoard], evidence: Evidence
) -> tuple[list[LastBoard], Evidence]:
    """What concerns the crowd: others are in the session as well, of whom nothing is known but their scores."""
    own = {record.participant_id for record in records}
    mine = Evidence(
        stored=[row for row in evidence.stored if row.participant_id in own],
        redis=None if evidence.redis is None else _only(evidence.redis, own),
        rest=[entry for entry in evidence.rest if entry.participant_id in own],
        other_scores=[entry.score for entry in evidence.rest if entry.participant_id not in own],
    )
    return [replace(board, totals=_only(board.totals, own)) for board in boards], mine


def _only(totals: Mapping[str, tuple[int, int]], own: set[str]) -> dict[str, tuple[int, int]]:
    return {participant_id: total for participant_id, total in totals.items() if participant_id in own}
