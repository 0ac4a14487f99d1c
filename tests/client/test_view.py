"""The reducer: whatever comes twice, late or not at all, it ends up with what is so, or says that it cannot know."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from client.board import Board
from client.messages import (
    Asked,
    Ended,
    Kicked,
    Leaderboard,
    Option,
    Place,
    Question,
    QuestionClosed,
    ServerMessage,
    Skip,
    Snapshot,
    State,
)
from client.view import View

PEOPLE = ("a", "b", "c", "d")
OPTIONS = (Option("A", "yes"), Option("B", "no"))


def happenings(kinds: list[str]) -> list[ServerMessage]:
    """Events of these kinds, numbered from 1."""
    events: list[ServerMessage] = []
    for seq, kind in enumerate(kinds, start=1):
        match kind:
            case "question":
                events.append(Question(seq, f"q{seq}", seq, 9, "?", OPTIONS, closes_at=seq * 1000.0))
            case "question_closed":
                events.append(QuestionClosed(seq, f"q{seq - 1}", "A", {"A": seq}))
            case "extended":
                events.append(State(seq, "open", seq, closes_at=seq * 1000.0))
            case "paused":
                events.append(State(seq, "open", seq, paused=True, locked=True))
            case "skip":
                events.append(Skip(seq))
            case "kicked":
                events.append(Kicked(seq))
            case "ended":
                events.append(Ended(seq, (Place("a", "Ann", seq, 1),)))
    return events


def snapshot_of(view: View) -> Snapshot:
    """What a server would say to somebody who should know as much as `view`."""
    board = b'{"epoch":"e","version":1,"entries":[]}'
    return Snapshot(
        seq=view.seq,
        epoch="e",
        state=view.state or "lobby",
        version=1,
        question=view.question,
        answers=(),
        leaderboard=msgspec.Raw(board),
        paused=view.paused,
        locked=view.locked,
    )


def standing(view: View) -> tuple[object, ...]:
    """What a snapshot tells."""
    return view.seq, view.state, view.question, view.paused, view.locked


KINDS = st.sampled_from(
    ["question", "question_closed", "extended", "paused", "skip", "kicked", "ended"],
)


@given(st.lists(KINDS, max_size=12), st.data())
def test_events_that_come_again_change_nothing(kinds: list[str], data: st.DataObject) -> None:
    events = happenings(kinds)
    once, often = View(), View()
    for number, event in enumerate(events):
        once.take(event)
        often.take(event)
        for old in data.draw(st.lists(st.sampled_from(events[: number + 1]), max_size=3)):
            often.take(old)
    assert often == once
    assert not once.wants_sync


@given(st.lists(KINDS, min_size=2, max_size=12), st.data())
def test_a_gap_wants_a_snapshot_and_with_it_all_is_well(kinds: list[str], data: st.DataObject) -> None:
    events = happenings(kinds)
    missing = data.draw(st.sets(st.integers(0, len(events) - 2), min_size=1))
    whole, holed = View(state="lobby"), View(state="lobby")
    for number, event in enumerate(events):
        whole.take(event)
        if number not in missing:
            holed.take(event)
    assert holed.wants_sync
    holed.take(snapshot_of(whole))
    assert not holed.wants_sync
    assert standing(holed) == standing(whole)


def test_more_time_moves_the_deadline_of_the_open_question() -> None:
    view = View()
    for event in happenings(["question", "extended"]):
        view.take(event)
    assert view.question == Asked("q1", 1, 9, "?", OPTIONS, closes_at=2000.0)


Totals = dict[str, int]
TOTALS = st.dictionaries(st.sampled_from(PEOPLE), st.integers(0, 5), min_size=1)


def frame(version: int, changed: Totals, base: int | None = None, epoch: str = "e") -> Leaderboard:
    entries = tuple((who, who.upper(), score, 10 * score) for who, score in changed.items())
    return Leaderboard(epoch, version, entries, base=base, full=base is None)


@given(TOTALS, st.lists(TOTALS, max_size=8), st.data())
def test_the_board_is_the_sum_of_its_frames_from_whatever_full_one_on(
    start: Totals, changes: list[Totals], data: st.DataObject
) -> None:
    joined_after = data.draw(st.integers(0, len(changes)))
    totals, board = dict(start), Board.full(frame(1, start))
    late: Board | None = None
    for version, changed in enumerate(changes, start=2):
        if version - 2 == joined_after:
            late = Board.full(frame(version - 1, totals))
        totals |= changed
        step = frame(version, changed, base=version - 1)
        after, late = board.after(step), None if late is None else late.after(step)
        assert after is not None
        assert after.after(step) == after
        assert after.after(frame(version - 1, {"a": 99}, base=0)) is after  # overtaken
        board = after
    assert {who: row.score for who, row in board.rows.items()} == totals
    assert late is None or late == board


def test_a_board_that_does_not_connect_says_so() -> None:
    board = Board.full(frame(5, {"a": 1}))
    assert board.after(frame(8, {"a": 2}, base=6)) is None
    assert board.after(frame(6, {"a": 2}, base=5, epoch="f")) is None
    view = View(board=board)
    view.take_board(None)
    assert view.wants_sync
    assert view.board is board


@given(st.dictionaries(st.text(min_size=1), st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=9))
def test_a_rank_is_one_more_than_the_number_of_higher_scores(totals: dict[str, tuple[int, int]]) -> None:
    entries = tuple((who, who, score, time_ms) for who, (score, time_ms) in totals.items())
    ranked = Board.full(Leaderboard("e", 1, entries, full=True)).ranked()
    assert {one.participant_id for one in ranked} == set(totals)
    for one in ranked:
        assert one.rank == 1 + sum(score > one.row.score for score, _ in totals.values())
    assert [one.row[1:] for one in ranked] == sorted(totals.values(), key=lambda row: (-row[0], row[1]))
