"""Everybody sees options, and in self pacing questions, in an order of their own; the author's keys stay inside."""

from __future__ import annotations

import pytest

from bus.leaderboard import Leaderboard
from bus.messages import Answered, BoardDelta, Option, Outcome, Question, Quiz, SessionState, Settings
from bus.order import arranged
from tests.web.gateway.test_room import answer, happened_in, member
from web.gateway import answering, arrivals, outgoing
from web.gateway.connection import OwnAnswer
from web.gateway.errors import BadFrame
from web.gateway.room import Room

TEXTS = {"A": "right", "B": "wrong", "C": "worse", "D": "worst"}
OPTIONS = tuple(Option(key, text) for key, text in TEXTS.items())
QUIZ = Quiz("quiz", "Orders", tuple(Question(f"q{n}", f"Number {n}?", OPTIONS, "A") for n in range(1, 6)))
PEOPLE = [f"p{number}" for number in range(40)]


def make_room(pacing: str = "host", questions: str = "authored", options: str = "participant") -> Room:
    settings = Settings(question_order=questions, option_order=options, order_seed="seed")
    board = Leaderboard.load("e", 1, [(one, one, 0, 0) for one in PEOPLE])
    first = {"state": "open"} if pacing == "self" else {}
    state = SessionState("s", "h", pacing, question_count=5, settings=settings, **first)
    return Room(arranged(QUIZ, settings), state, board)


def open_first(room: Room) -> None:
    happened_in(room, {"seq": 2, "state": "open", "event": "question", "question_index": 0})


def close_first(room: Room) -> None:
    closed = {"state": "closed", "event": "question_closed", "counts": {"A": 4, "B": 3, "C": 2, "D": 1}}
    happened_in(room, {"seq": 3, **closed})
    room.release()


def shown(options: list[dict]) -> list[str]:
    """What the options say, and that their keys are A, B, C and D in this order."""
    assert [option["key"] for option in options] == list("ABCD")
    return [option["text"] for option in options]


def right(options: list[dict]) -> str:
    return next(option["key"] for option in options if option["text"] == "right")


async def test_everything_a_participant_gets_speaks_of_the_options_as_they_see_them():
    room = make_room()
    people = {one: member(room, one) for one in PEOPLE}
    open_first(room)
    orders = set()
    for one, connection in people.items():
        options = connection.sink.last("question")["options"]
        orders.add(tuple(shown(options)))
        given = answering.consider(room, connection, answer(right(options), f"of {one}"), "n1")
        assert given.submission.option == "A"  # the author's key
        again = answering.consider(room, connection, answer("D", "another"), "n1")
        assert (again.status, again.option) == ("duplicate", right(options))
        answering.stored(connection, given.submission)
        connection.send(arrivals.snapshot(room, connection))
        snapshot = connection.sink.last("snapshot")
        assert snapshot["question"]["options"] == options
        assert snapshot["answers"][0]["option"] == right(options)
    assert len(orders) > 12
    close_first(room)
    for connection in people.values():
        options = connection.sink.last("question")["options"]
        closed = connection.sink.last("question_closed")
        assert closed["correct_option"] == right(options)
        assert [closed["counts"][key] for key in "ABCD"] == [
            {"right": 4, "wrong": 3, "worse": 2, "worst": 1}[text] for text in shown(options)
        ]


async def test_a_frame_is_encoded_once_for_each_order_not_for_each_connection(monkeypatch):
    room = make_room()
    for one in PEOPLE:
        member(room, one)
    encoded = []
    original = outgoing.encode
    monkeypatch.setattr(outgoing, "encode", lambda message: encoded.append(message) or original(message))
    open_first(room)
    assert 12 < len(encoded) <= 24
    encoded.clear()
    happened_in(room, {"seq": 3, "state": "closing", "event": "state"})
    assert len(encoded) == 1


async def test_hosts_and_screens_see_the_authors_order_or_the_sessions():
    room = make_room()
    host, screen = member(room, None, "host"), member(room, None, "screen")
    open_first(room)
    for connection in (host, screen):
        assert shown(connection.sink.last("question")["options"]) == list(TEXTS.values())

    room = make_room(options="session")
    everybody = [
        member(room, None, "host"),
        member(room, None, "screen"),
        member(room, "p1"),
        member(room, "p2"),
    ]
    open_first(room)
    [order] = {tuple(shown(each.sink.last("question")["options"])) for each in everybody}
    assert order != tuple(TEXTS.values())
    room.apply(BoardDelta("s", "e", 2, (), (Answered("q1", "A", ("p1",)),)))
    room.progress.show_to(everybody[0])
    counts = everybody[0].sink.last("progress")["counts"]
    assert counts[right(everybody[0].sink.last("question")["options"])] == 1 and sum(counts.values()) == 1


async def test_whoever_comes_back_gets_what_was_missed_in_the_same_order():
    room = make_room()
    there, elsewhere = member(room, "p1"), make_room()
    open_first(room)
    close_first(room)
    open_first(elsewhere)
    close_first(elsewhere)
    back = member(elsewhere, "p1")
    arrivals.resume(elsewhere, back, 1, arrivals.missed(elsewhere, "e", 1))
    for kind in ("question", "question_closed"):
        assert back.sink.last(kind) == there.sink.last(kind)


async def test_the_loser_of_a_race_is_told_the_recorded_option_as_they_see_it():
    room = make_room()
    ann = member(room, "p1")
    open_first(room)
    options = ann.sink.last("question")["options"]
    answering.consider(room, ann, answer(right(options), "mine"), "n1")
    recorded = Outcome("s", "p1", "q1", "mine", "theirs", "D", False, 0, 0, 0, 2, "e")
    room.results.settle(recorded)
    told = ann.sink.last("ack")["option"]
    assert next(option["text"] for option in options if option["key"] == told) == "worst"


@pytest.mark.parametrize("order", ["session", "participant"])
async def test_in_self_pacing_questions_come_in_their_order_and_go_on_where_they_were(order):
    room = make_room("self", order)
    paths = []
    for one in PEOPLE[:8]:
        ann, path = member(room, one), []
        following = arrivals.snapshot(room, ann).question
        while following is not None:
            assert following.index == len(path)
            path.append(following.question_id)
            given = answering.consider(room, ann, answer("A", f"a{len(path)}", following.question_id), "n1")
            recorded = given.submission.answer_id
            room.results.settle(
                Outcome("s", one, following.question_id, recorded, recorded, "A", True, 1, 1, 1, 2, "e")
            )
            told = ann.sink.last("result")["next"]
            known = ann.answers
            room.leave(ann)
            ann = member(room, one)
            ann.answers = known
            following = arrivals.snapshot(room, ann).question
            assert (told and told["question_id"]) == (following and following.question_id)
        paths.append(path)
    assert sorted(paths[0]) == [f"q{n}" for n in range(1, 6)]
    assert (len({tuple(path) for path in paths}) == 1) == (order == "session")


async def test_a_question_out_of_turn_and_an_option_it_does_not_have_are_refused():
    room = make_room("self", "participant")
    ann = member(room, "p1")
    turn = arrivals.snapshot(room, ann).question.question_id
    other = next(question.id for question in QUIZ.questions if question.id != turn)
    assert answering.consider(room, ann, answer("A", question_id=other), "n1").status == "closed"
    with pytest.raises(BadFrame):
        answering.consider(room, ann, answer("E", question_id=turn), "n1")
    assert ann.answers == {}


async def test_answers_of_before_are_shown_as_they_were_given():
    room = make_room("self")
    ann = member(room, "p1")
    options = arrivals.snapshot(room, ann).question.options
    ann.answers["q1"] = OwnAnswer("a1", "C", stored=True, correct=False)
    [view] = arrivals.snapshot(room, ann).answers
    assert next(option.text for option in options if option.key == view.option) == "worse"
