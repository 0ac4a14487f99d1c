"""A room between the bus and its sockets: who is told what, and when."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field

import msgspec
import pytest

from bus.leaderboard import Leaderboard
from bus.messages import BoardDelta, BoardEntry, Option, Outcome, Question, Quiz, SessionState
from web.gateway import answering, arrivals
from web.gateway.answering import Accepted, Waiting
from web.gateway.boards import INTERVAL_S
from web.gateway.connection import Connection, OwnAnswer
from web.gateway.errors import BadFrame, Close
from web.gateway.incoming import Answer
from web.gateway.meter import Meter
from web.gateway.room import HELD_S, Room
from web.gateway.sink import _payloads

OPTIONS = (Option("A", "yes"), Option("B", "no"))
QUIZ = Quiz(
    "quiz",
    "Canary",
    (Question("q1", "First?", OPTIONS, "B", explanation="canary"), Question("q2", "Second?", OPTIONS, "A")),
)


@dataclass
class Listener:
    """A sink that keeps what it was given."""

    frames: list[dict] = field(default_factory=list)
    deaf: bool = False
    waiting: int = 0
    writes: int = 0

    def watch(self, tell) -> None:
        self.tell = tell
        if tell is not None and not self.deaf:
            tell(self)

    def go_deaf(self) -> None:
        self.deaf = True
        self.tell(None)

    def write(self, data: bytes) -> bool:
        if self.deaf:
            return False
        self.frames += [json.loads(payload) for payload in _payloads(data)]
        self.writes += 1
        return True

    def abort(self) -> None:
        self.deaf = True

    def types(self) -> list[str]:
        return [sent["type"] for sent in self.frames]

    def last(self, kind: str) -> dict:
        return [sent for sent in self.frames if sent["type"] == kind][-1]


class FakeTask:
    def cancel(self) -> None: ...


CLOSING = {"seq": 3, "state": "closing", "event": "state"}
CLOSED = {"seq": 4, "state": "closed", "event": "question_closed", "counts": {"A": 0, "B": 1}}


def make_room(pacing: str = "host", **state) -> Room:
    board = Leaderboard.load("e", 1, [("p1", "Ann", 0, 0), ("p2", "Bob", 0, 0)])
    fields = {"state": "open", "event": "question", "question_index": 0 if pacing == "host" else -1} | state
    return Room(QUIZ, SessionState("s", "h", pacing, question_count=2, **fields), board)


def member(room: Room, participant_id: str | None, role: str = "participant") -> Connection:
    connection = Connection(Listener(), FakeTask(), role, "s", participant_id, Meter(50, 100))
    room.join(connection)
    return connection


def outcome(answer_id: str = "a1", recorded_id: str = "a1", **more) -> Outcome:
    fields = {
        "option": "B",
        "correct": True,
        "points": 1,
        "score": 1,
        "time_ms": 500,
        "version": 2,
        "epoch": "e",
    } | more
    return Outcome("s", "p1", "q1", answer_id, recorded_id, **fields)


def answer(option: str = "B", id: str = "a1", question_id: str = "q1") -> Answer:
    return Answer(id=id, question_id=question_id, option=option)


async def test_an_accepted_answer_is_acknowledged_when_stored_and_told_only_after_the_close():
    room = make_room()
    ann = member(room, "p1")
    accepted = answering.consider(room, ann, answer(), "n1")
    assert isinstance(accepted, Accepted) and ann.sink.frames == []
    answering.stored(ann, accepted.submission)
    room.results.settle(outcome())
    assert ann.sink.frames == [{"type": "ack", "re": "a1", "question_id": "q1", "status": "accepted"}]
    room.move(msgspec.structs.replace(room.state, state="closed", event="question_closed", seq=3))
    room.announce()
    room.results.send_all("q1", {"p1": OwnAnswer("a1", "B", stored=True, correct=True, points=1)})
    assert ann.sink.types() == ["ack", "question_closed", "result"]
    assert ann.sink.last("result") == {
        "type": "result",
        "question_id": "q1",
        "correct": True,
        "points": 1,
        "score": 1,
        "rank": 1,
    }


async def test_a_close_goes_out_with_its_outcome_in_one_write():
    room = make_room()
    ann, screen = member(room, "p1"), member(room, None, role="screen")
    room.results.settle(outcome())
    happened_in(room, CLOSING, CLOSED)
    room.results.send_known("q1")
    room.boards.send_changes()
    room.release()
    assert ann.sink.types() == ["ack", "state", "question_closed", "result", "leaderboard"]
    assert screen.sink.types() == ["state", "question_closed", "leaderboard"]
    assert screen.sink.writes == 1


async def test_a_close_that_nothing_follows_is_told_by_itself_before_long():
    room = make_room()
    ann = member(room, "p1")
    happened_in(room, CLOSING)
    assert ann.sink.frames == []
    await asyncio.sleep(HELD_S * 2)
    assert ann.sink.types() == ["state"]


async def test_whatever_is_written_meanwhile_comes_after_the_close():
    room = make_room()
    ann = member(room, "p1")
    happened_in(room, CLOSING)
    bob = member(room, "p2")
    ann.send(answering.consider(room, ann, answer(), "n1"))
    await asyncio.sleep(HELD_S * 2)
    assert ann.sink.types() == ["state", "ack"]
    assert bob.sink.frames == []  # came after it


async def test_an_outcome_that_overtakes_the_store_acknowledges_once():
    room = make_room()
    ann = member(room, "p1")
    accepted = answering.consider(room, ann, answer(), "n1")
    room.results.settle(outcome())
    answering.stored(ann, accepted.submission)
    assert ann.sink.types() == ["ack"]


async def test_a_snapshot_lists_no_answer_that_is_not_stored_yet():
    """Clients take what it lists for accepted, and accepted means stored."""
    room = make_room()
    ann = member(room, "p1")
    accepted = answering.consider(room, ann, answer(), "n1")
    assert arrivals.snapshot(room, ann).answers == []
    answering.stored(ann, accepted.submission)
    assert [listed.id for listed in arrivals.snapshot(room, ann).answers] == ["a1"]


@pytest.mark.parametrize("recorded_id", ["a1", "theirs"])
async def test_what_is_known_by_a_sync_before_its_ack_is_acknowledged_all_the_same_and_once(recorded_id):
    room = make_room()
    ann = member(room, "p1")
    accepted = answering.consider(room, ann, answer(), "n1")
    answering.learn(ann, {"q1": OwnAnswer(recorded_id, "B", stored=True, correct=True, points=1)})
    answering.stored(ann, accepted.submission)
    room.results.settle(outcome(recorded_id=recorded_id))
    acks = [sent["status"] for sent in ann.sink.frames if sent["type"] == "ack"]
    assert acks == ["accepted" if recorded_id == "a1" else "duplicate"]


async def test_in_self_pacing_the_result_brings_the_next_question():
    room = make_room("self")
    ann = member(room, "p1")
    answering.stored(ann, answering.consider(room, ann, answer(), "n1").submission)
    room.results.settle(outcome())
    result = ann.sink.last("result")
    assert result["correct_option"] == "B" and result["next"]["question_id"] == "q2"
    assert result["explanation"] == "canary"
    answering.consider(room, ann, answer("A", "a2", "q2"), "n1")
    room.results.settle(Outcome("s", "p1", "q2", "a2", "a2", "A", True, 1, 2, 900, 3, "e"))
    assert ann.sink.last("result")["next"] is None


async def test_a_second_answer_is_a_duplicate_and_the_same_one_is_confirmed():
    room = make_room()
    ann = member(room, "p1")
    first = answering.consider(room, ann, answer(), "n1")
    assert isinstance(answering.consider(room, ann, answer(), "n1"), Waiting)
    other = answering.consider(room, ann, answer("A", "a2"), "n1")
    assert (other.status, other.option) == ("duplicate", "B")
    answering.stored(ann, first.submission)
    assert answering.consider(room, ann, answer(), "n1").status == "accepted"


async def test_the_loser_of_a_race_is_corrected_to_what_was_recorded():
    room = make_room()
    ann = member(room, "p1")
    answering.stored(ann, answering.consider(room, ann, answer("A", "mine"), "n1").submission)
    room.results.settle(outcome("mine", "theirs"))
    assert ann.sink.last("ack") == {
        "type": "ack",
        "re": "mine",
        "question_id": "q1",
        "status": "duplicate",
        "option": "B",
    }
    assert ann.answers["q1"].option == "B"


@pytest.mark.parametrize(
    ("state", "question_id", "status"),
    [
        ({"state": "lobby", "question_index": -1}, "q1", "closed"),
        ({"state": "closing"}, "q1", "closed"),
        ({"state": "closed"}, "q1", "closed"),
        ({"state": "ended"}, "q1", "closed"),
        ({}, "q2", "closed"),
        ({}, "q9", "unknown_question"),
        ({"opens_at_ms": 0, "closes_at_ms": 1}, "q1", "late"),
    ],
)
async def test_answers_in_the_wrong_moment_are_refused(state, question_id, status):
    room = make_room(**state)
    ann = member(room, "p1")
    assert answering.consider(room, ann, answer(question_id=question_id), "n1").status == status
    assert ann.answers == {}


async def test_an_option_the_question_does_not_have_and_a_host_who_answers_are_errors():
    room = make_room()
    with pytest.raises(BadFrame, match="A, B"):
        answering.consider(room, member(room, "p1"), answer("C"), "n1")
    with pytest.raises(BadFrame) as caught:
        answering.consider(room, member(room, None, "host"), answer(), "n1")
    assert caught.value.code == "not_a_participant"


async def test_snapshots_hide_what_is_not_known_yet():
    room = make_room()
    ann = member(room, "p1")
    ann.answers["q1"] = OwnAnswer("a1", "B", stored=True, correct=True, points=1)
    ann.send(arrivals.snapshot(room, ann))
    snapshot = ann.sink.last("snapshot")
    assert snapshot["answers"] == [{"question_id": "q1", "option": "B", "id": "a1"}]
    assert "canary" not in json.dumps(snapshot) and "correct" not in json.dumps(snapshot)
    assert snapshot["question"]["question_id"] == "q1"
    assert snapshot["leaderboard"]["entries"] == [["p1", "Ann", 0, 0], ["p2", "Bob", 0, 0]]
    room.move(msgspec.structs.replace(room.state, state="closed", event="question_closed", seq=3))
    ann.send(arrivals.snapshot(room, ann))
    assert ann.sink.last("snapshot")["answers"][0]["correct"] is True


async def test_another_name_is_shown_at_once_also_while_the_board_stands_still():
    room = make_room()
    ann = member(room, "p1")
    room.apply(BoardDelta("s", "e", 2, (BoardEntry("p1", 7, 900),)))
    room.apply(BoardDelta("s", "e", 3, (BoardEntry("p1", 7, 900, "Anna"),)))
    room.boards.send_changes()
    assert ann.sink.last("leaderboard")["entries"] == [["p1", "Anna", 0, 0]]
    room.move(msgspec.structs.replace(room.state, state="closed", event="question_closed", seq=3))
    room.boards.send_changes()
    assert ann.sink.last("leaderboard")["entries"] == [["p1", "Anna", 7, 900]]


async def test_points_of_the_open_question_are_held_back_until_it_closes():
    room = make_room()
    ann, bob = member(room, "p1"), member(room, "p2")
    room.apply(BoardDelta("s", "e", 2, (BoardEntry("p1", 1, 500),)))
    room.results.settle(outcome())
    room.apply(BoardDelta("s", "e", 3, (BoardEntry("p3", 0, 0, "Cid"),)))
    await asyncio.sleep(0.01)
    assert bob.sink.last("leaderboard")["entries"] == [["p3", "Cid", 0, 0]]
    bob.send(arrivals.snapshot(room, bob))
    assert [row[2] for row in bob.sink.last("snapshot")["leaderboard"]["entries"]] == [0, 0, 0]
    ann.send(arrivals.snapshot(room, ann))
    assert ann.sink.last("snapshot")["score"] == 0
    room.move(msgspec.structs.replace(room.state, state="closing", event="state", seq=3))
    assert room.board.entries["p1"].score == 0
    room.move(msgspec.structs.replace(room.state, state="closed", event="question_closed", seq=4))
    room.boards.send_changes()
    assert bob.sink.last("leaderboard")["entries"] == [["p1", "Ann", 1, 500]]


async def test_a_room_loaded_while_a_question_was_open_takes_the_whole_board_at_the_close():
    room = make_room()  # loaded without the points of the open question, at version 1
    assert room.partial
    room.move(msgspec.structs.replace(room.state, state="closed", event="question_closed", seq=4))
    room.load_board(Leaderboard.load("e", 1, [("p1", "Ann", 1, 500), ("p2", "Bob", 0, 0)]))
    assert room.board.entries["p1"].score == 1 and not room.partial


async def test_who_is_gone_from_a_board_loaded_afresh_stays_gone():
    room = make_room("self")
    room.apply(BoardDelta("s", "e", 2, (BoardEntry("p3", 0, 0, "Cid"),)))
    room.load_board(Leaderboard.load("e", 3, [("p2", "Bob", 0, 0)]))
    assert list(room.board.entries) == ["p2"] and room.board.version == 3


async def test_what_came_while_a_board_was_loaded_is_kept():
    room = make_room("self")
    room.apply(BoardDelta("s", "e", 2, (BoardEntry("p1", 1, 500),)))
    room.load_board(Leaderboard.load("e", 1, [("p1", "Ann", 0, 0), ("p2", "Bob", 0, 0)]))
    assert room.board.entries["p1"].score == 1 and room.board.version == 2


async def test_an_outcome_of_another_epoch_does_not_touch_the_board():
    room = make_room("self")
    ann = member(room, "p1")
    answering.consider(room, ann, answer(), "n1")
    room.results.settle(outcome(version=5000, epoch="older"))
    assert room.board.entries["p1"].score == 0 and ann.sink.types() == ["ack", "result"]


async def test_a_message_that_a_slow_peer_cannot_take_closes_it():
    room = make_room()
    ann = member(room, "p1")
    ann.sink.go_deaf()
    ann.send(arrivals.snapshot(room, ann))
    assert ann.close[0] is Close.SLOW


async def test_deltas_are_merged_into_one_frame_with_only_what_changed():
    room = make_room("self")
    ann = member(room, "p1")
    room.apply(BoardDelta("s", "e", 2, (BoardEntry("p1", 1, 10),)))
    await asyncio.sleep(0.01)
    assert ann.sink.last("leaderboard")["entries"] == [["p1", "Ann", 1, 10]]
    room.apply(BoardDelta("s", "e", 3, (BoardEntry("p2", 1, 30),)))
    room.apply(BoardDelta("s", "e", 4, (BoardEntry("p2", 2, 60),)))
    room.apply(BoardDelta("s", "e", 5, (BoardEntry("p3", 0, 0, "Cid"),)))
    assert ann.sink.types() == ["leaderboard"]
    await asyncio.sleep(INTERVAL_S + 0.05)
    merged = ann.sink.last("leaderboard")
    assert (merged["base"], merged["version"]) == (2, 5)
    assert sorted(merged["entries"]) == [["p2", "Bob", 2, 60], ["p3", "Cid", 0, 0]]


async def test_the_next_delta_is_to_the_board_of_every_snapshot_that_was_written_before_it():
    room = make_room()
    ann, bob = member(room, "p1"), member(room, "p2")
    room.apply(BoardDelta("s", "e", 2, (BoardEntry("p3", 0, 0, "Cid"),)))
    arrivals.snapshot(room, ann)
    room.apply(BoardDelta("s", "e", 3, (BoardEntry("p1", 1, 500),)))  # held back: nothing to be seen of it
    room.boards.send_changes()
    bob.send(arrivals.snapshot(room, bob))
    room.apply(BoardDelta("s", "e", 4, (BoardEntry("p4", 0, 0, "Dan"),)))
    room.boards.send_changes()
    base = bob.sink.last("leaderboard")["base"]
    assert base <= bob.sink.last("snapshot")["leaderboard"]["version"]


async def test_a_delta_of_another_epoch_asks_for_a_reload():
    assert not make_room().apply(BoardDelta("s", "other", 2, ()))


async def test_a_newer_connection_replaces_the_older_one():
    room = make_room()
    older = member(room, "p1")
    newer = Connection(Listener(), FakeTask(), "participant", "s", "p1", Meter(50, 100), admitted=2)
    assert room.join(newer) is older
    overtaken = Connection(Listener(), FakeTask(), "participant", "s", "p1", Meter(50, 100), admitted=1)
    assert room.join(overtaken) is overtaken and room.participants["p1"] is newer
    room.replace("p1", newer.id, 2)
    room.replace("p1", "elsewhere", 1)
    assert newer.close is None
    room.replace("p1", "elsewhere", 3)
    assert newer.close[0] is Close.REPLACED


async def test_who_is_kicked_hears_it_and_leaves_the_board_and_nobody_else_is_told_who():
    room = make_room()
    ann, bob = member(room, "p1"), member(room, "p2")
    room.move(msgspec.structs.replace(room.state, event="kicked", participant_id="p1", seq=5))
    room.announce()
    assert ann.sink.types() == ["kicked"] and ann.close[0] is Close.KICKED
    assert bob.sink.types() == ["skip", "leaderboard"]
    assert bob.sink.last("leaderboard")["entries"] == [["p2", "Bob", 0, 0]]


async def test_a_peer_that_does_not_read_is_closed_and_the_others_get_their_frame():
    room = make_room()
    deaf, bob = member(room, "p1"), member(room, "p2")
    deaf.sink.go_deaf()
    room.announce()
    assert deaf.close[0] is Close.SLOW
    assert bob.sink.types() == ["question"]


def happened_in(room: Room, *states: dict) -> None:
    """Move the room through states, announcing each."""
    for change in states:
        room.move(msgspec.structs.replace(room.state, **change))
        room.announce()


async def test_whoever_was_cut_off_between_the_close_and_the_result_gets_the_result():
    room = make_room(seq=2)
    happened_in(room, CLOSING, CLOSED)
    ann = member(room, "p1")
    ann.answers["q1"] = OwnAnswer("a1", "B", stored=True, correct=True, points=1, told=True)
    missed = arrivals.missed(room, "e", 4)
    assert missed == []
    arrivals.resume(room, ann, 4, missed)
    assert ann.sink.types() == ["result", "leaderboard"]
    assert ann.sink.last("result")["correct"] is True


async def test_the_events_that_were_missed_come_in_order_each_result_behind_its_close():
    room = make_room(seq=2)
    happened_in(
        room,
        {"seq": 3, "state": "closing", "event": "state"},
        {"seq": 4, "state": "closed", "event": "question_closed", "counts": {"A": 0, "B": 1}},
        {"seq": 5, "state": "open", "event": "question", "question_index": 1},
        {"seq": 6, "event": "kicked", "participant_id": "p2"},
    )
    ann = member(room, "p1")
    ann.answers["q1"] = OwnAnswer("a1", "B", stored=True, correct=True, points=1, told=True)
    arrivals.resume(room, ann, 2, arrivals.missed(room, "e", 2))
    assert ann.sink.types() == ["state", "question_closed", "result", "question", "skip", "leaderboard"]
    assert [frame["seq"] for frame in ann.sink.frames if "seq" in frame] == [3, 4, 5, 6]
    assert arrivals.missed(room, "e", 1) is None  # that was before this node had the room
    assert arrivals.missed(room, "another", 2) is None
    assert arrivals.missed(room, "e", 7) is None
    assert arrivals.missed(room, "e", None) is None


@pytest.mark.parametrize(("after_ms", "status"), [(19_999, None), (20_000, None), (20_001, "late")])
async def test_the_deadline_is_decided_to_the_millisecond_whatever_the_wall_clock_says(
    monkeypatch, after_ms, status
):
    room = make_room(state="lobby", event="state", question_index=-1, seq=1)
    opens_at = {"state": "open", "event": "question", "question_index": 0, "seq": 2}
    # The control worker's clock is an hour ahead of this node's, and this node's jumps back a day.
    at_ms = int(time.time() * 1000) + 3_600_000
    room.move(msgspec.structs.replace(room.state, **opens_at, opens_at_ms=at_ms, closes_at_ms=at_ms + 20_000))
    ann = member(room, "p1")
    now = room.shown_at + after_ms / 1000
    monkeypatch.setattr(answering.time, "monotonic", lambda: now)
    monkeypatch.setattr(answering.time, "time_ns", lambda: (at_ms - 90_000_000) * 1_000_000)
    verdict = answering.consider(room, ann, answer(), "n1")
    if status is None:
        assert isinstance(verdict, Accepted)
        assert verdict.submission.elapsed_ms == pytest.approx(after_ms, abs=1)
    else:
        assert verdict.status == status
