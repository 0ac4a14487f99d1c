"""In somebody else's session: the ledger is about one's own crowd, among others."""

from __future__ import annotations

from client.answers import Attempt
from scripts.simulation.crowd import LastBoard
from scripts.simulation.ledger import Evidence, Ranked, StoredAnswer, judge
from scripts.simulation.record import Record
from scripts.simulation.visit import own_part

GIVEN = Attempt("q1", 0, "ann-q1", "A", 1.0, 1.0, status="accepted", recorded="A", settled_at=1.1)
BOARD = LastBoard("e", 3, {"ann": (1, 1230), "guest": (2, 100), "silent": (0, 0)})
EVIDENCE = Evidence(
    stored=[
        StoredAnswer("ann", "q1", "ann-q1", "A", True, 1, 1234),
        StoredAnswer("guest", "q1", "x1", "A", True, 2, 100),
    ],
    redis=BOARD.totals,
    rest=[Ranked("guest", 2, 1), Ranked("ann", 1, 2), Ranked("silent", 0, 3)],
)


def ann() -> Record:
    return Record("ann", "Ann", 0, attempts={"q1": GIVEN}, score=1, board=0)


def test_others_in_the_session_are_neither_phantoms_nor_strangers_and_count_for_ranks() -> None:
    verdict = judge([ann()], *own_part([ann()], [BOARD], EVIDENCE))
    assert verdict.problems == []
    assert verdict.clean and (verdict.stored, verdict.accepted) == (1, 1)


def test_without_telling_the_crowd_apart_they_would_be() -> None:
    verdict = judge([ann()], [BOARD], EVIDENCE)
    assert not verdict.clean and verdict.phantom == 1


def test_what_is_wrong_with_the_crowd_is_seen_among_others() -> None:
    lost = Evidence(EVIDENCE.stored[1:], EVIDENCE.redis, EVIDENCE.rest)
    assert judge([ann()], *own_part([ann()], [BOARD], lost)).lost == 1
