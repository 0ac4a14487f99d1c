"""The ledger: clean evidence passes, and each kind of tampering is seen and named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from client.answers import Attempt
from scripts.simulation.crowd import LastBoard
from scripts.simulation.ledger import Evidence, Ranked, StoredAnswer, Verdict, judge
from scripts.simulation.record import Record

QUESTIONS = ("q1", "q2")


def attempt(participant: str, question: str, option: str) -> Attempt:
    return Attempt(
        question_id=question,
        question_index=QUESTIONS.index(question),
        answer_id=f"{participant}-{question}",
        option=option,
        sent_at=1.0,
        last_sent_at=1.0,
        status="accepted",
        recorded=option,
        settled_at=1.1,
        correct=option == "A",
        points=int(option == "A"),
    )


def record(participant: str, options: str, score: int) -> Record:
    attempts = {
        question: attempt(participant, question, option)
        for question, option in zip(QUESTIONS, options, strict=True)
    }
    return Record(participant, participant.title(), 0, attempts=attempts, score=score, board=0)


@pytest.fixture
def records() -> list[Record]:
    """Ann is right twice, Bob once, Cid never; "A" is always right."""
    return [record("ann", "AA", 2), record("bob", "AB", 1), record("cid", "CD", 0)]


@pytest.fixture
def evidence(records: list[Record]) -> Evidence:
    rows = [
        StoredAnswer(
            record.participant_id,
            a.question_id,
            a.answer_id,
            a.option,
            a.option == "A",
            int(a.option == "A"),
            1234,
        )
        for record in records
        for a in record.attempts.values()
    ]
    return Evidence(
        stored=rows,
        redis={"ann": (2, 2460), "bob": (1, 1230), "cid": (0, 0)},
        rest=[Ranked("ann", 2, 1), Ranked("bob", 1, 2), Ranked("cid", 0, 3)],
    )


BOARD = LastBoard("e", 9, {"ann": (2, 2460), "bob": (1, 1230), "cid": (0, 0)})


def counts(verdict: Verdict) -> tuple[int, int, int, int]:
    return verdict.lost, verdict.duplicate, verdict.phantom, verdict.changed


def test_a_clean_session_is_clean(records: list[Record], evidence: Evidence) -> None:
    verdict = judge(records, [BOARD], evidence)
    assert verdict.problems == []
    assert verdict.clean
    assert (verdict.attempted, verdict.accepted, verdict.stored) == (6, 6, 6)


def test_a_missing_row_is_lost(records: list[Record], evidence: Evidence) -> None:
    verdict = judge(records, [BOARD], replace(evidence, stored=evidence.stored[1:]))
    assert counts(verdict)[0] == 1
    assert not verdict.sums_agree
    assert not verdict.clean


def test_a_missing_wrong_answer_is_lost_although_no_sum_changes(
    records: list[Record], evidence: Evidence
) -> None:
    verdict = judge(records, [BOARD], replace(evidence, stored=evidence.stored[:-1]))
    assert counts(verdict) == (1, 0, 0, 0)
    assert verdict.sums_agree
    assert not verdict.clean


def test_a_missing_row_of_a_refused_answer_is_right(records: list[Record], evidence: Evidence) -> None:
    late = records[2].attempts["q2"]
    late.status, late.recorded, late.correct, late.points = "late", None, None, None
    verdict = judge(records, [BOARD], replace(evidence, stored=evidence.stored[:-1]))
    assert verdict.clean
    assert verdict.refused == 1


def test_an_answer_that_was_never_acknowledged_may_be_stored_or_not(
    records: list[Record], evidence: Evidence
) -> None:
    unheard = records[2].attempts["q2"]
    unheard.status = unheard.recorded = unheard.settled_at = unheard.correct = unheard.points = None
    for stored in (evidence.stored, evidence.stored[:-1]):
        verdict = judge(records, [BOARD], replace(evidence, stored=stored))
        assert verdict.clean
        assert verdict.unsettled == 1


def test_a_second_row_is_a_duplicate(records: list[Record], evidence: Evidence) -> None:
    verdict = judge(records, [BOARD], replace(evidence, stored=[*evidence.stored, evidence.stored[-1]]))
    assert counts(verdict) == (0, 1, 0, 0)


def test_an_answer_scored_twice_is_a_duplicate(records: list[Record], evidence: Evidence) -> None:
    assert evidence.redis is not None
    verdict = judge(records, [BOARD], replace(evidence, redis={**evidence.redis, "bob": (2, 2460)}))
    assert counts(verdict) == (0, 1, 0, 0)
    assert not verdict.sums_agree


def test_a_row_that_nobody_attempted_is_a_phantom(records: list[Record], evidence: Evidence) -> None:
    del records[2].attempts["q2"]
    assert counts(judge(records, [BOARD], evidence)) == (0, 0, 1, 0)


def test_a_row_under_another_answer_id_is_a_phantom(records: list[Record], evidence: Evidence) -> None:
    stored = [*evidence.stored[:-1], replace(evidence.stored[-1], answer_id="somebody else's")]
    assert counts(judge(records, [BOARD], replace(evidence, stored=stored))) == (0, 0, 1, 0)


def test_another_option_than_acknowledged_is_changed(records: list[Record], evidence: Evidence) -> None:
    stored = [*evidence.stored[:-1], replace(evidence.stored[-1], option="B")]
    assert counts(judge(records, [BOARD], replace(evidence, stored=stored))) == (0, 0, 0, 1)


def test_an_ack_corrected_to_the_stored_option_is_not_changed(
    records: list[Record], evidence: Evidence
) -> None:
    records[2].attempts["q2"].recorded = "B"
    stored = [*evidence.stored[:-1], replace(evidence.stored[-1], option="B")]
    assert judge(records, [BOARD], replace(evidence, stored=stored)).clean


def test_every_place_that_shows_another_sum_is_seen(records: list[Record], evidence: Evidence) -> None:
    assert evidence.redis is not None
    wrong_time = replace(BOARD, totals={**BOARD.totals, "ann": (2, 2470)})
    assert not judge(records, [wrong_time], evidence).sums_agree
    missing = replace(BOARD, totals={"ann": (2, 2460), "bob": (1, 1230)})
    assert not judge(records, [missing], evidence).sums_agree
    rest = [Ranked("ann", 2, 1), Ranked("bob", 1, 3), Ranked("cid", 0, 3)]
    assert not judge(records, [BOARD], replace(evidence, rest=rest)).sums_agree
    assert not judge(records, [BOARD], replace(evidence, redis=None)).sums_agree
    assert not judge(records, [BOARD], replace(evidence, redis={**evidence.redis, "cid": (1, 10)})).sums_agree
    records[0].score = 1
    assert not judge(records, [BOARD], evidence).sums_agree


def test_a_stranger_on_a_board_is_seen(records: list[Record], evidence: Evidence) -> None:
    assert evidence.redis is not None
    verdict = judge(records, [BOARD], replace(evidence, redis={**evidence.redis, "dan": (0, 0)}))
    assert not verdict.sums_agree


def test_a_result_that_told_otherwise_is_seen(records: list[Record], evidence: Evidence) -> None:
    records[2].attempts["q2"].correct = True
    assert not judge(records, [BOARD], evidence).sums_agree


def test_a_board_that_nobody_holds_is_not_judged(records: list[Record], evidence: Evidence) -> None:
    assert judge(records, [BOARD, LastBoard("e", 3, {})], evidence).clean
