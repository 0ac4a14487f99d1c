"""The answers of one participant: given, retried with the same id until settled, and what the server said of each.

All moments are seconds of the monotonic clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import uniform
from uuid import uuid4

from client import messages
from client.messages import Ack, Answered, Result

__all__ = ["Answers", "Attempt"]

ACK_PATIENCE_S = 5.0
"""An answer without an ack for this long is sent again, with the same id."""

RESULT_PATIENCE_S = 5.0
"""A result that is due stays away for this long: it may have been lost on the way."""


@dataclass(slots=True)
class Attempt:
    """One answer that was given, and what became of it."""

    question_id: str
    question_index: int
    answer_id: str
    option: str
    sent_at: float
    last_sent_at: float
    tries: int = 1
    status: str | None = None  # of the first ack; "recorded" when a snapshot or result told it instead
    recorded: str | None = None  # the option the server said is recorded; None: it promised nothing
    settled_at: float | None = None
    correct: bool | None = None
    points: int | None = None
    score: int | None = None  # total after this answer, as the result said
    result_at: float | None = None
    closed_at: float | None = None  # when it was heard that the question was closed


class Answers:
    """Kept over all connections of a participant."""

    def __init__(
        self, violations: list[str], on_settled: Callable[[Attempt], None] = lambda attempt: None
    ) -> None:
        self.given: dict[str, Attempt] = {}  # by question id
        self._violations = violations  # where the server broke the contract, in words
        self._on_settled = on_settled  # called once per answer
        self._by_answer_id: dict[str, Attempt] = {}
        self._unsettled: dict[str, Attempt] = {}  # by answer id: sent, and nothing heard
        self._retry_at: dict[str, float] = {}  # by answer id, where the server said when
        self._result_due: dict[str, float] = {}  # question id → since when its result is due

    def of(self, question_id: str) -> Attempt | None:
        """The answer given to this question."""
        return self.given.get(question_id)

    def is_settled(self, attempt: Attempt) -> bool:
        """True once the server has said what became of it."""
        return attempt.answer_id not in self._unsettled

    # Sending

    def give(self, question_id: str, question_index: int, option: str, now: float) -> bytes:
        """The first sending of an answer."""
        attempt = Attempt(question_id, question_index, str(uuid4()), option, now, now)
        self.given[question_id] = attempt
        self._by_answer_id[attempt.answer_id] = self._unsettled[attempt.answer_id] = attempt
        return messages.answer(attempt.answer_id, attempt.question_id, attempt.option)

    def again(self, attempt: Attempt, now: float) -> bytes:
        """The same answer once more, with the same id: it counts once."""
        attempt.tries += 1
        attempt.last_sent_at = now
        self._retry_at.pop(attempt.answer_id, None)
        return messages.answer(attempt.answer_id, attempt.question_id, attempt.option)

    def unsettled(self, now: float) -> list[bytes]:
        """Everything not settled once more, as after a reconnect."""
        return [self.again(attempt, now) for attempt in self._unsettled.values()]

    def overdue(self, now: float) -> list[bytes]:
        """Those whose ack stayed away too long, or whose time to retry has come."""
        return [
            self.again(attempt, now)
            for answer_id, attempt in self._unsettled.items()
            if now >= self._retry_at.get(answer_id, attempt.last_sent_at + ACK_PATIENCE_S)
        ]

    def retry(self, answer_id: str | None, after_ms: float, now: float) -> None:
        """The server could not take this answer just now: send it again after a while, not all at once."""
        if answer_id in self._unsettled:
            self._retry_at[answer_id] = now + after_ms / 1000 * uniform(1, 1.5)

    def refused(self, answer_id: str | None, code: str, now: float) -> None:
        """The server will never take this answer: it is settled, without a promise."""
        attempt = self._by_answer_id.get(answer_id or "")
        if attempt is not None:
            self._settle(attempt, code, now)

    # Hearing

    def acked(self, ack: Ack, now: float) -> Attempt | None:
        """An ack came; None when it is of no answer of ours."""
        attempt = self._by_answer_id.get(ack.re)
        if attempt is None or attempt.question_id != ack.question_id:
            self._violations.append(f"ack of an answer never sent: {ack}")
            return None
        if ack.status == "duplicate":
            if ack.option is None:
                self._violations.append(f"duplicate without the recorded option: {ack}")
            attempt.recorded = ack.option or attempt.option
        elif ack.status == "accepted":
            attempt.recorded = attempt.recorded or attempt.option
            if attempt.status == "closed":  # it was refused, and then given again
                attempt.status = ack.status
        self._settle(attempt, ack.status, now)
        return attempt

    def resulted(self, result: Result, now: float) -> Attempt | None:
        """A result came; None when it is of no answer of ours."""
        self._result_due.pop(result.question_id, None)
        attempt = self.of(result.question_id)
        if attempt is None:
            if result.points:
                self._violations.append(f"points for a question never answered: {result}")
            return None
        attempt.correct, attempt.points, attempt.score = result.correct, result.points, result.score
        attempt.result_at = attempt.result_at or now
        attempt.recorded = attempt.recorded or attempt.option
        self._settle(attempt, "recorded", now)
        return attempt

    def listed(self, answered: Answered, now: float) -> None:
        """A snapshot listed an answer. Only with its outcome is it known to be recorded: it may still be on its way."""
        attempt = self.of(answered.question_id)
        if attempt is None:
            self._violations.append(f"snapshot tells of an answer never given: {answered}")
        elif answered.correct is not None:
            attempt.recorded = answered.option
            attempt.correct, attempt.points = answered.correct, answered.points
            self._result_due.pop(answered.question_id, None)
            self._settle(attempt, "recorded", now)

    # Results

    def expect_result(self, attempt: Attempt | None, now: float) -> None:
        """From now on a result of this answer is due, if the server promised to have it."""
        if (
            attempt is not None
            and attempt.recorded is not None
            and attempt.result_at is None
            and attempt.correct is None
        ):
            self._result_due.setdefault(attempt.question_id, now)

    def closed(self, question_id: str, now: float) -> None:
        """The question was closed: the result is due."""
        attempt = self.of(question_id)
        if attempt is not None:
            attempt.closed_at = attempt.closed_at or now
            self.expect_result(attempt, now)

    def expect_no_results(self) -> None:
        """The session is over."""
        self._result_due.clear()

    def misses_results(self, now: float) -> bool:
        """True, once per patience, when a due result stayed away."""
        if all(now - since <= RESULT_PATIENCE_S for since in self._result_due.values()):
            return False
        self._result_due = dict.fromkeys(self._result_due, now)
        return True

    def _settle(self, attempt: Attempt, status: str, now: float) -> None:
        self._retry_at.pop(attempt.answer_id, None)
        if self._unsettled.pop(attempt.answer_id, None) is not None:
            attempt.status, attempt.settled_at = status, now
            self._on_settled(attempt)
