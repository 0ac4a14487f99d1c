"""An answer's time begins when its question is written to one's own socket, once, by the clock that never jumps."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from bus.messages import Event
from tests.web.gateway.test_pauses import Clocks
from tests.web.gateway.test_room import Listener, answer, make_room, member, outcome
from web.gateway import answering, arrivals
from web.gateway.connection import Connection, OwnAnswer
from web.gateway.room import Room
from web.gateway.rooms import Rooms

HOUR_MS = 3_600_000
JUMPS = [0, HOUR_MS, -HOUR_MS]


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def lobby() -> Room:
    return make_room(state="lobby", event="state", question_index=-1, seq=1)


def open_question(room: Room, clocks: Clocks) -> None:
    at = {"opens_at_ms": clocks.wall_ms, "closes_at_ms": clocks.wall_ms + 20_000}
    room.move(
        msgspec.structs.replace(room.state, seq=2, state="open", event="question", question_index=0, **at)
    )
    room.announce()


def elapsed_ms(room: Room, connection: Connection, question_id: str = "q1") -> int:
    given = answering.consider(room, connection, answer(id=f"a {question_id}", question_id=question_id), "n1")
    return given.submission.elapsed_ms


async def test_each_socket_counts_from_its_own_writing(clocks: Clocks) -> None:
    class Slow(Listener):
        """Writing to it takes a second."""

        def write(self, data: bytes) -> bool:
            clocks.pass_ms(1000)
            return super().write(data)

    room = lobby()
    ann, bob = member(room, "p1"), member(room, "p2")
    ann.sink = bob.sink = Slow()
    open_question(room, clocks)
    clocks.pass_ms(2000)
    assert (elapsed_ms(room, ann), elapsed_ms(room, bob)) == (3000, 2000)


@pytest.mark.parametrize("jump_ms", JUMPS)
async def test_coming_back_or_late_buys_no_time_whatever_the_wall_clock_says(
    clocks: Clocks, jump_ms: int
) -> None:
    room = lobby()
    ann = member(room, "p1")
    open_question(room, clocks)
    clocks.pass_ms(1500, jump_ms=jump_ms)
    room.leave(ann)
    ann = member(room, "p1")
    arrivals.resume(room, ann, 1, arrivals.missed(room, "e", 1) or [])
    late = member(room, "p2")
    late.send(arrivals.snapshot(room, late))
    clocks.pass_ms(500, jump_ms=-2 * jump_ms)
    assert (elapsed_ms(room, ann), elapsed_ms(room, late)) == (2000, 2000)


@pytest.mark.parametrize(("after_ms", "in_time"), [(19_999, True), (20_000, True), (20_001, False)])
@pytest.mark.parametrize("jump_ms", JUMPS)
async def test_the_deadline_is_the_moment_of_receipt_by_the_same_clock(
    clocks: Clocks, after_ms: int, in_time: bool, jump_ms: int
) -> None:
    room = lobby()
    ann = member(room, "p1")
    open_question(room, clocks)
    clocks.pass_ms(after_ms, jump_ms=jump_ms)
    verdict = answering.consider(room, ann, answer(), "n1")
    assert isinstance(verdict, answering.Accepted) == in_time
    if in_time:
        assert verdict.submission.elapsed_ms == after_ms


@pytest.mark.parametrize("jump_ms", JUMPS)
async def test_in_self_pacing_a_reload_counts_on_from_the_first_writing(clocks: Clocks, jump_ms: int) -> None:
    """Through the way in, which asks the wall clock only on a node that has not shown the question."""
    room = make_room("self")
    recorded: dict[str, OwnAnswer] = {}

    class Store:
        async def clock(self) -> int:
            return 1

        async def note_here(self, session_id: str, node_id: str) -> None: ...

        async def load(self, session_id: str) -> Room:
            return room

        async def own_answers(self, room: Room, participant_id: str) -> dict[str, OwnAnswer]:
            return dict(recorded)

        async def events(self, session_id: str) -> list[Event]:
            return []

    class Bus:
        async def subscribe(self, subject: str, cb: Any) -> Any:
            async def unsubscribe() -> None: ...

            return SimpleNamespace(unsubscribe=unsubscribe)

        async def flush(self) -> None: ...

    async def flush(session_id: str) -> bool:
        return True

    rooms = Rooms(Bus(), Store(), "n1", flush)  # type: ignore[arg-type]

    async def comes() -> Connection:
        made = member(make_room("self"), "p1")
        assert await rooms.enter(made, None, None) is room
        made.send(arrivals.snapshot(room, made))
        return made

    ann = await comes()
    clocks.pass_ms(700)
    assert elapsed_ms(room, ann) == 700
    finished_at_ms = clocks.wall_ms
    clocks.pass_ms(100, jump_ms=jump_ms)
    own = ann.answers["q1"].answer_id
    room.results.settle(outcome(own, own))
    recorded["q1"] = OwnAnswer(own, "B", stored=True, correct=True, points=1, finished_at_ms=finished_at_ms)
    room.leave(ann)
    clocks.pass_ms(900)
    ann = await comes()
    assert ann.sink.last("snapshot")["question"]["question_id"] == "q2"
    clocks.pass_ms(400, jump_ms=-jump_ms)
    assert elapsed_ms(room, ann, "q2") == pytest.approx(1300, abs=1)
    await rooms.close()
