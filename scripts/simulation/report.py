"""What a simulation found, for people and as JSON."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

from client import CLOSE_CODES
from scripts.simulation.ledger import Verdict
from scripts.simulation.record import Record

__all__ = ["Latency", "Report", "measure"]


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles of some durations, milliseconds."""

    count: int
    p50_ms: float | None
    p99_ms: float | None

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Latency:
        """From durations in seconds, in any order. Nearest-rank percentiles."""
        ordered = sorted(seconds)
        if not ordered:
            return cls(0, None, None)

        def percentile(share: float) -> float:
            return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)] * 1000, 2)

        return cls(len(ordered), percentile(0.5), percentile(0.99))

    def __str__(self) -> str:
        if self.p50_ms is None:
            return "not measured"
        return f"p50 {self.p50_ms:,.1f} ms · p99 {self.p99_ms:,.1f} ms · {_counted(self.count, 'sample')}"


@dataclass(frozen=True, slots=True)
class Report:
    """One simulated session."""

    session_id: str
    pacing: str
    participants: int
    questions: int  # played
    imported: int | None  # questions of an imported file
    rejected: int | None  # blocks of it that were refused
    wall_s: float  # from the first question to the end of the session
    answering_s: float  # from the first answer sent to the last one settled
    answers_per_s: float  # settled answers over `answering_s`
    ack: Latency  # from an answer's first sending to its first ack
    result: Latency  # self pacing: from an answer's first sending to its result; host pacing: from the close to it
    staleness: (
        Latency  # from the ack of a correct answer to the own board with the new score, see `_staleness`
    )
    connections: int
    reconnects: int
    retries: int
    syncs: int
    stalls: int
    snapshots: int
    frames: int
    closes: dict[str, int]
    errors: dict[str, int]
    violations: list[str]  # frames that broke the WebSocket contract
    unfinished: int  # participants who never heard of the end
    podium: list[tuple[str, int, int]]  # nickname, score, rank
    podiums_agree: bool  # every participant was shown the same
    verdict: Verdict | None  # None: what is stored could not be read
    right: int  # answers that were told to be
    wanted_questions: int | None = None  # to be played, when the quiz holds fewer
    visited: bool = False  # another's session: when its host asked to close a question is not known
    removed: int = 0  # participants whom the host of another's session has removed; not counted above
    notes: list[str] = field(default_factory=list)  # participants who were left waiting

    @property
    def clean(self) -> bool:
        """The ledger is clean, everybody saw the end, and the server kept to the contract."""
        fair = not self.violations and not self.unfinished and not self.notes and self.podiums_agree
        return fair and (self.verdict is None or self.verdict.clean)

    def as_json(self) -> dict[str, Any]:
        """Everything, with the two conclusions spelt out."""
        content = asdict(self)
        if self.verdict is not None:
            content["verdict"]["clean"] = self.verdict.clean
        return {"clean": self.clean, **content}

    @property
    def closed_because(self) -> str:
        """Why connections closed, in words: `12 × session ended (4505), 1 × network lost`."""
        words = {str(code): f"{meaning} ({code})" for code, meaning in CLOSE_CODES.items()}
        words["network"] = "network lost"
        return ", ".join(f"{count:,} × {words.get(code, code)}" for code, count in self.closes.items())

    def show(self, console: Console) -> None:
        """Print it."""
        podium = Table("Rank", "Nickname", "Score", title="Podium")
        for nickname, score, rank in self.podium[:10]:
            podium.add_row(str(rank), nickname, str(score))
        if len(self.podium) > 10:
            podium.add_row("…", f"and {len(self.podium) - 10} more on these ranks", "")
        console.print(podium)

        numbers = Table("What", "Measured", title="Session")
        numbers.add_row("session", self.session_id)
        numbers.add_row(
            "played",
            f"{_counted(self.questions, 'question')}, {_counted(self.participants, 'participant')},"
            f" {self.pacing} pacing",
        )
        if self.wanted_questions is not None:
            numbers.add_row(
                "wanted",
                f"{_counted(self.wanted_questions, 'question')}: the quiz holds {self.questions} only",
            )
        if self.imported is not None:
            rejected = _counted(self.rejected or 0, "block")
            numbers.add_row("imported", f"{_counted(self.imported, 'question')}, {rejected} rejected")
        numbers.add_row("wall time", f"{self.wall_s:.2f} s")
        numbers.add_row("answers", f"{self.answers_per_s:,.0f}/s over {self.answering_s:.2f} s")
        numbers.add_row("right", _counted(self.right, "answer"))
        numbers.add_row("ack", str(self.ack))
        unknown = self.visited and self.pacing != "self"
        numbers.add_row(
            "result", f"{self.result}{': only the host knows when a question closed' if unknown else ''}"
        )
        numbers.add_row("board staleness", str(self.staleness))
        numbers.add_row("connections", f"{self.connections:,} ({_counted(self.reconnects, 'reconnect')})")
        numbers.add_row("closed", self.closed_because)
        numbers.add_row("retries · syncs · stalls", f"{self.retries} · {self.syncs} · {self.stalls}")
        numbers.add_row("frames received", f"{self.frames:,} ({self.snapshots:,} snapshots)")
        if self.removed:
            numbers.add_row("removed by the host", str(self.removed))
        if self.errors:
            numbers.add_row("error frames", ", ".join(f"{n:,} × {code}" for code, n in self.errors.items()))
        console.print(numbers)

        if self.verdict is None:
            console.print(
                "No ledger: give this site's --database-url and --redis-url to compare with what is stored."
            )
        else:
            self._show_ledger(console, self.verdict)
        if not self.podiums_agree or self.unfinished:
            console.print(
                f"  • {self.unfinished} never heard of the end; podiums agree: {self.podiums_agree}"
            )
        for problem in [*self.violations[:20], *self.notes]:
            console.print(f"  • {problem}", markup=False, highlight=False)

    def _show_ledger(self, console: Console, verdict: Verdict) -> None:
        colour = "green" if self.clean else "red"
        ledger = Table("Ledger", "Answers", title=f"[{colour}]{'clean' if self.clean else 'NOT CLEAN'}[/]")
        for name in ("attempted", "accepted", "refused", "unsettled", "stored"):
            ledger.add_row(name, f"{getattr(verdict, name):,}")
        for name in ("lost", "duplicate", "phantom", "changed"):
            count = getattr(verdict, name)
            ledger.add_row(name, f"[red]{count:,}[/]" if count else "0")
        sums = "all agree" if verdict.sums_agree else "[red]DISAGREE[/]"
        ledger.add_row("PostgreSQL, Redis, REST,\nparticipants' boards", sums)
        console.print(ledger)
        for problem in verdict.problems:
            console.print(f"  • {problem}", markup=False, highlight=False)


def measure(
    records: Sequence[Record],
    verdict: Verdict | None,
    *,
    session: dict[str, Any],
    closed_at: dict[int, float],
    wall_s: float,
    questions: int,
    imported: tuple[int, int] | None = None,
) -> Report:
    """Boil the records down. `closed_at`: question index → when the host asked to close it (host pacing)."""
    self_paced = session["pacing"] == "self"
    attempts = [attempt for record in records for attempt in record.attempts.values()]
    settled = [attempt for attempt in attempts if attempt.settled_at is not None]
    acked = [
        attempt.settled_at - attempt.sent_at
        for attempt in settled
        if attempt.settled_at and attempt.status != "recorded"
    ]
    results, staleness = [], []
    for attempt in attempts:
        since = attempt.sent_at if self_paced else closed_at.get(attempt.question_index)
        if attempt.result_at is not None and since is not None:
            results.append(max(0.0, attempt.result_at - since))
    for record in records:
        for question_id, on_board_at in record.on_board_at.items():
            attempt = record.attempts[question_id]
            if attempt.settled_at is not None:
                staleness.append(_staleness(on_board_at, attempt.settled_at, attempt.closed_at))
    answering_s = max((a.settled_at or 0 for a in settled), default=0.0) - min(
        (a.sent_at for a in attempts), default=0.0
    )
    podiums = {tuple(record.podium) for record in records if record.podium is not None}
    podium = max(podiums, key=len, default=())
    closes = Counter("network" if code is None else str(code) for record in records for code in record.closes)
    return Report(
        session_id=session["id"],
        pacing=session["pacing"],
        participants=len(records),
        questions=questions,
        imported=None if imported is None else imported[0],
        rejected=None if imported is None else imported[1],
        wall_s=round(wall_s, 3),
        answering_s=round(answering_s, 3),
        answers_per_s=round(len(settled) / answering_s, 1) if answering_s > 0 else 0.0,
        ack=Latency.of(acked),
        result=Latency.of(results),
        staleness=Latency.of(staleness),
        connections=sum(record.connections for record in records),
        reconnects=sum(max(0, record.connections - 1) for record in records),
        retries=sum(attempt.tries - 1 for attempt in attempts),
        syncs=sum(record.syncs for record in records),
        stalls=sum(record.stalls for record in records),
        snapshots=sum(record.snapshots for record in records),
        frames=sum(record.frames for record in records),
        closes=dict(closes),
        errors=dict(sum((record.errors for record in records), Counter())),
        violations=[violation for record in records for violation in record.violations],
        unfinished=sum(record.podium is None for record in records),
        podium=[(nickname, score, rank) for _, nickname, score, rank in podium],
        podiums_agree=len(podiums) <= 1,
        verdict=verdict,
        right=sum(attempt.correct is True for attempt in attempts),
        notes=[f"{r.nickname!r} was stuck after {r.stuck_at}" for r in records if r.stuck_at is not None],
    )


def _counted(count: int, noun: str) -> str:
    """`1 answer`, `1,200 answers`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _staleness(on_board_at: float, settled_at: float, closed_at: float | None) -> float:
    """Seconds from the moment the board may show an answer's points until it does.

    That moment is the ack; where the board only followed after the question was closed, it is the close.
    """
    if closed_at is not None and on_board_at >= closed_at:
        settled_at = max(settled_at, closed_at)
    return max(0.0, on_board_at - settled_at)
