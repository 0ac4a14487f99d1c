"""What somebody is told who comes in."""

from __future__ import annotations

import pytest

from tests.web.gateway.test_room import Listener, make_room, member
from web.gateway.entrance import welcome
from web.gateway.incoming import Hello


@pytest.mark.parametrize(
    ("back", "types"), [(False, ["welcome", "snapshot"]), (True, ["welcome", "leaderboard"])]
)
def test_the_welcome_and_how_everything_stands_go_out_in_one_write(back: bool, types: list[str]) -> None:
    room = make_room()
    ann = member(room, "p1")
    known = {"epoch": "e", "seq": room.state.seq} if back else {}
    welcome(room, ann, Hello(resume_token="r" * 43, **known))
    assert isinstance(ann.sink, Listener)
    assert ann.sink.types() == types
    assert ann.sink.writes == 1
