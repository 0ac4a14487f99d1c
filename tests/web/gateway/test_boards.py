"""The board inside snapshots, encoded row by row, is the board; and a lobby is told of newcomers now and then."""

from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.leaderboard import Leaderboard
from bus.messages import BoardDelta, BoardEntry
from tests.web.gateway.test_room import make_room, member
from web.gateway import arrivals, boards, outgoing, views

PEOPLE = st.sampled_from([f"p{number}" for number in range(6)])
STEPS = st.one_of(
    st.tuples(st.just("comes"), PEOPLE, st.text(min_size=1, max_size=4)),
    st.tuples(st.just("scores"), PEOPLE, st.integers(-5, 5)),
    st.tuples(st.just("goes"), PEOPLE, st.none()),
    st.tuples(st.just("is sent"), st.none(), st.none()),
    st.tuples(st.just("is loaded"), st.none(), st.none()),
)


@given(st.lists(STEPS, max_size=30), st.sampled_from(["host", "self"]), st.sampled_from(["lobby", "open"]))
def test_a_snapshot_holds_the_whole_board_as_it_is(
    steps: list[tuple[str, str, object]], pacing: str, state: str
) -> None:
    async def play() -> None:
        room = make_room(pacing, state=state)
        ann = member(room, "p1")
        for version, (step, who, what) in enumerate(steps, 2):
            match step:
                case "comes":
                    room.apply(BoardDelta("s", "e", version, (BoardEntry(who, 0, 0, str(what)),)))
                case "scores":
                    room.apply(BoardDelta("s", "e", version, (BoardEntry(who, what, 7),)))
                case "goes":
                    room.board.remove(who)
                    room.boards.send_whole()
                case "is sent":
                    room.boards.send_changes()
                case _:
                    rows = [(one.participant_id, one.nickname, one.score, 7) for one in room.board.ordered()]
                    room.load_board(Leaderboard.load("e", version, rows))
            told = json.loads(outgoing.encode(arrivals.snapshot(room, ann)))["leaderboard"]
            entries = sorted(map(tuple, told.pop("entries")))
            assert entries == sorted(views.rows(room.board))
            assert told == {"epoch": "e", "version": room.board.version, "full": True}
        room.boards.replaced()  # stops its timer

    asyncio.run(play())


async def test_a_lobby_is_told_of_newcomers_at_once_and_then_more_seldom_than_of_scores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(boards, "LOBBY_INTERVAL_S", 3600.0)
    monkeypatch.setattr(boards, "INTERVAL_S", 0.0)
    for state, frames in (("lobby", 1), ("open", 3)):
        room = make_room("self", state=state)
        ann = member(room, "p1")
        for number in range(3):
            newcomer = BoardEntry(f"new{number}", 0, 0, "Zoe")
            room.apply(BoardDelta("s", "e", 2 + number, (newcomer,)))
            await asyncio.sleep(0.01)
        assert ann.sink.types() == ["leaderboard"] * frames
        room.boards.replaced()
