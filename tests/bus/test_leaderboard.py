"""The leaderboard value against a small model: order, ranks, and deltas that come late, twice or in any order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bus.leaderboard import Leaderboard

PEOPLE = [f"p{n}" for n in range(6)]
totals = st.lists(
    st.lists(st.tuples(st.sampled_from(PEOPLE), st.integers(0, 5), st.integers(0, 50)), max_size=4),
    max_size=12,
)


def history(steps: list[list[tuple[str, int, int]]]) -> list[tuple[int, list[tuple[str, int, int]]]]:
    """Deltas as a scorer sends them: totals only grow, versions count up from 2."""
    known: dict[str, tuple[int, int]] = {}
    deltas = []
    for version, step in enumerate(steps, start=2):
        entries = {}
        for person, points, time_ms in step:
            score, total_ms = known.get(person, (0, 0))
            known[person] = (score + points, total_ms + time_ms)
            entries[person] = known[person]
        deltas.append((version, [(person, *total) for person, total in entries.items()]))
    return deltas


def fresh() -> Leaderboard:
    return Leaderboard.load("e", 1, [(person, person.upper(), 0, 0) for person in PEOPLE])


def apply(board: Leaderboard, deltas: list[tuple[int, list[tuple[str, int, int]]]]) -> None:
    for version, entries in deltas:
        for person, score, time_ms in entries:
            board.put(person, None, score, time_ms, version)
        board.saw(version)


def content(board: Leaderboard) -> list[tuple[str, int, int]]:
    return [(entry.participant_id, entry.score, entry.time_ms) for entry in board.ordered()]


@given(totals, st.randoms())
def test_any_order_and_repetition_of_deltas_gives_the_same_board(steps, random):
    deltas = history(steps)
    straight, shuffled = fresh(), fresh()
    apply(straight, deltas)
    mixed = deltas + random.choices(deltas, k=3) if deltas else []
    random.shuffle(mixed)
    apply(shuffled, mixed)
    assert content(shuffled) == content(straight)
    assert shuffled.version == straight.version == 1 + len(deltas)
    assert not shuffled.has_gap


@given(totals)
def test_rank_is_one_more_than_the_number_of_higher_scores(steps):
    board = fresh()
    apply(board, history(steps))
    scores = [entry.score for entry in board.entries.values()]
    for rank, entry in board.ranked():
        expected = 1 + sum(score > entry.score for score in scores)
        assert rank == expected
        assert board.rank_of_score(entry.score) == expected


@given(totals, st.integers(0, 12), st.integers(0, 12))
def test_a_board_loaded_while_deltas_came_takes_them_over(steps, loaded_at, seen):
    deltas = history(steps)
    whole, loaded, older = fresh(), fresh(), fresh()
    apply(whole, deltas)
    apply(loaded, deltas[:loaded_at])
    apply(older, deltas[:seen])
    loaded.absorb(older)
    apply(loaded, deltas[max(loaded_at, seen) :])
    assert content(loaded) == content(whole)
    assert loaded.version == whole.version and not loaded.has_gap


def test_equal_scores_share_a_rank_and_less_time_stands_first():
    rows = [("a", "A", 3, 900), ("b", "B", 2, 500), ("c", "C", 2, 400), ("d", "D", 1, 0)]
    ranked = [(rank, entry.participant_id) for rank, entry in Leaderboard.load("e", 1, rows).ranked()]
    assert ranked == [(1, "a"), (2, "c"), (2, "b"), (4, "d")]


def test_changes_are_told_once_and_only_when_something_changed():
    board = fresh()
    board.put("p1", None, 1, 10, 2)
    board.put("p2", None, 0, 0, 2)
    assert [entry.participant_id for entry in board.take_changes()] == ["p1"]
    board.put("p1", None, 1, 10, 3)
    assert board.take_changes() == []


def test_newcomers_are_told_in_the_order_in_which_they_came():
    board = Leaderboard.load("e", 0, [])
    names = [f"p{number}" for number in range(40)]
    for version, name in enumerate(names, 1):
        board.put(name, name, 0, 0, version)
    assert [entry.participant_id for entry in board.take_changes()] == names


def test_a_lost_delta_is_a_gap_until_it_comes():
    board = fresh()
    board.saw(3)
    assert board.has_gap and board.version == 1
    board.saw(2)
    assert not board.has_gap and board.version == 3


def test_somebody_unknown_is_added_only_with_a_nickname():
    board = fresh()
    board.put("new", None, 1, 1, 2)
    assert "new" not in board.entries
    board.put("new", "Newcomer", 1, 1, 3)
    assert board.entries["new"].score == 1


def test_who_was_removed_is_neither_ranked_nor_told_about():
    board = fresh()
    board.put("p1", None, 5, 10, 2)
    assert board.remove("p1")
    assert board.take_changes() == []
    assert "p1" not in board.entries
    assert board.rank_of_score(board.entries["p2"].score) == 1
    assert not board.remove("p1")


def test_a_delta_that_was_on_its_way_brings_nobody_back_who_was_removed():
    board = fresh()
    board.remove("p1")
    board.put("p1", "Another name", 5, 10, 9)
    later = fresh()
    later.absorb(board)
    later.remove("p1")
    later.put("p1", "Another name", 5, 10, 9)
    assert "p1" not in board.entries and "p1" not in later.entries


@given(st.permutations([("Anna", 3), ("ANN", 5), ("Anna", 7)]), st.integers(2, 8))
def test_the_last_name_stays_whatever_comes_first_and_whatever_points_come_in_between(names, version):
    board = fresh()
    board.put("p0", None, 10, 100, version)
    for nickname, told in names:
        board.put("p0", nickname, 10, 100, told)
    entry = board.entries["p0"]
    assert (entry.nickname, entry.score) == ("Anna", 10)


def test_a_board_loaded_meanwhile_takes_over_a_later_name():
    older, loaded = fresh(), fresh()
    assert older.rename("p0", "Anna", 2)
    assert not older.rename("p0", "Anna", 3)
    loaded.absorb(older)
    assert loaded.entries["p0"].nickname == "Anna"
