"""What a room remembers of its last events."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from web.gateway.frames import Frames
from web.gateway.history import KEPT, KEPT_S, Happened, History
from web.gateway.outgoing import Skip


def happened(seq: int, at: float = 0.0, closed: str | None = None) -> Happened:
    return Happened(seq, at, Frames(Skip(seq)), closed)


def history(*seqs: int) -> History:
    made = History()
    for seq in seqs:
        made.add(happened(seq))
    return made


def seqs(missed: list[Happened] | None) -> list[int] | None:
    return None if missed is None else [event.seq for event in missed]


@given(st.integers(1, 50), st.integers(0, 60), st.integers(0, 60))
def test_what_was_missed_is_all_of_it_in_order_or_unknown(first: int, count: int, seen: int) -> None:
    now_seq = first + count - 1
    missed = seqs(history(*range(first, first + count)).since(seen, now_seq, 0.0))
    if seen > now_seq or seen < first - 1:
        assert missed is None
    else:
        assert missed == list(range(seen + 1, now_seq + 1))


def test_a_gap_forgets_what_was_before_it() -> None:
    known = history(1, 2, 5, 6)
    assert known.since(2, 6, 0.0) is None
    assert seqs(known.since(4, 6, 0.0)) == [5, 6]


def test_events_of_others_fill_in_what_is_missing() -> None:
    known = history(5, 6)
    known.fill([happened(seq) for seq in (2, 3, 4, 5)])
    assert seqs(known.since(1, 6, 0.0)) == [2, 3, 4, 5, 6]


def test_filling_never_bridges_a_gap() -> None:
    known = history(6)
    known.fill([happened(2), happened(3)])
    assert known.since(3, 6, 0.0) is None
    assert seqs(known.since(5, 6, 0.0)) == [6]


def test_after_two_minutes_or_a_thousand_events_nothing_is_promised() -> None:
    known = history(*range(1, KEPT + 2))
    assert known.since(0, KEPT + 1, 0.0) is None
    assert len(known.since(1, KEPT + 1, KEPT_S) or []) == KEPT
    assert known.since(1, KEPT + 1, KEPT_S + 0.1) is None
    assert known.since(KEPT + 1, KEPT + 1, KEPT_S + 0.1) == []


def test_the_question_that_was_closed_last() -> None:
    known = History()
    for seq, closed in ((1, None), (2, "q1"), (3, None), (4, "q2")):
        known.add(happened(seq, closed=closed))
    assert [known.last_closed(seq) for seq in (1, 2, 3, 4, 9)] == [None, "q1", "q1", "q2", "q2"]
