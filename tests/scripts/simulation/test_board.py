"""Boards of participants: shared while equal, and each the fold of its own frames."""

from __future__ import annotations

import random

import msgspec
import pytest

from scripts.simulation.board import Boards, totals


def delta(version: int, base: int, *entries: tuple[str, str, int, int], epoch: str = "e") -> bytes:
    return msgspec.json.encode(
        {"type": "leaderboard", "epoch": epoch, "version": version, "base": base, "entries": entries}
    )


def full(version: int, *entries: tuple[str, str, int, int], epoch: str = "e") -> bytes:
    return msgspec.json.encode(
        {"type": "leaderboard", "epoch": epoch, "version": version, "full": True, "entries": entries}
    )


@pytest.fixture
def boards() -> Boards:
    return Boards()


def test_a_delta_changes_only_its_entries(boards: Boards) -> None:
    before = boards.apply(None, full(1, ("a", "Ann", 0, 0), ("b", "Bob", 0, 0)))
    assert before is not None
    after = boards.apply(before, delta(2, 1, ("b", "Bob", 1, 250)))
    assert after is not None
    assert totals(after) == {"a": (0, 0), "b": (1, 250)}
    assert totals(before) == {"a": (0, 0), "b": (0, 0)}
    assert (after.version, after.score_of("b"), after.score_of("z")) == (2, 1, None)


def test_a_delta_adds_somebody_new(boards: Boards) -> None:
    before = boards.apply(None, full(1))
    after = boards.apply(before, delta(2, 1, ("a", "Ann", 0, 0)))
    assert after is not None
    assert totals(after) == {"a": (0, 0)}


def test_a_delta_onto_a_newer_base_or_another_epoch_does_not_connect(boards: Boards) -> None:
    board = boards.apply(None, full(5, ("a", "Ann", 0, 0)))
    assert boards.apply(board, delta(8, 6, ("a", "Ann", 1, 1))) is None
    assert boards.apply(board, delta(6, 5, ("a", "Ann", 1, 1), epoch="f")) is None
    assert boards.apply(None, delta(6, 5, ("a", "Ann", 1, 1))) is None


def test_a_delta_older_than_the_board_changes_nothing(boards: Boards) -> None:
    board = boards.apply(None, full(9, ("a", "Ann", 3, 30)))
    assert boards.apply(board, delta(8, 7, ("a", "Ann", 2, 20))) is board


def test_a_full_board_replaces_everything(boards: Boards) -> None:
    board = boards.apply(None, full(9, ("a", "Ann", 3, 30), ("b", "Bob", 1, 10)))
    after = boards.apply(board, full(1, ("a", "Ann", 3, 30), epoch="f"))
    assert after is not None
    assert totals(after) == {"a": (3, 30)}
    assert after.epoch == "f"


def test_participants_with_equal_boards_share_one(boards: Boards) -> None:
    """Two snapshots at different moments, then the same delta: the two meet."""
    early = boards.load(full(1, ("a", "Ann", 0, 0), ("b", "Bob", 0, 0)))
    late = boards.load(full(2, ("b", "Bob", 1, 10), ("a", "Ann", 0, 0)))
    assert early is not late
    step = delta(3, 1, ("b", "Bob", 1, 10), ("a", "Ann", 1, 20))
    assert boards.apply(early, step) is boards.apply(late, step)


def test_boards_that_differ_never_become_one(boards: Boards) -> None:
    """Same epoch and version, other content: exactly the fault that the ledger has to see."""
    right = boards.load(full(1, ("a", "Ann", 1, 10), ("b", "Bob", 0, 0)))
    wrong = boards.load(full(1, ("a", "Ann", 0, 0), ("b", "Bob", 0, 0)))
    step = delta(2, 1, ("b", "Bob", 1, 20))
    after_right, after_wrong = boards.apply(right, step), boards.apply(wrong, step)
    assert after_right is not None
    assert after_wrong is not None
    assert after_right is not after_wrong
    assert (after_right.score_of("a"), after_wrong.score_of("a")) == (1, 0)


def test_sharing_gives_the_same_as_every_participant_alone() -> None:
    """Random snapshots and deltas for 30 participants, against plain dictionaries."""
    choose = random.Random(3)
    boards = Boards()
    truth: dict[str, tuple[str, int, int]] = {f"p{n}": (f"P{n}", 0, 0) for n in range(30)}
    alone: dict[str, dict[str, tuple[str, int, int]]] = {}
    shared = {}
    version = 1
    for _ in range(200):
        changed = {f"p{choose.randrange(30)}" for _ in range(choose.randint(1, 5))}
        for name in changed:
            nickname, score, time_ms = truth[name]
            truth[name] = (nickname, score + 1, time_ms + choose.randrange(900))
        frame = delta(version + 1, version, *((name, *truth[name]) for name in sorted(changed)))
        version += 1
        for name in alone:
            alone[name] = alone[name] | {other: truth[other] for other in changed}
            shared[name] = boards.apply(shared[name], frame)
        someone = f"p{choose.randrange(30)}"
        alone[someone] = dict(truth)
        shared[someone] = boards.load(full(version, *((name, *row) for name, row in truth.items())))
    for name, board in shared.items():
        assert board is not None
        assert board.rows == alone[name]
    assert len({id(board) for board in shared.values()}) == 1
