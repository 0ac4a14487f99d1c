"""A conversation over connections that are cut anywhere, with a small server of its own: nothing is lost or doubled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.conversation import SYNC_PATIENCE_S, Conversation
from client.reconnecting import LONGEST_PAUSE_S, STOP_CODES, pause_s

QUESTIONS = 3
OPTIONS = [{"key": key, "text": key} for key in "AB"]
Frame = dict[str, Any]


class Server:
    """One host-paced session for one participant, as the contract has it."""

    def __init__(self) -> None:
        self.events: list[Frame] = []
        self.recorded: dict[
            str, tuple[str, str]
        ] = {}  # question id → answer id, option: the first one counts
        self.score = 0

    @property
    def open(self) -> Frame | None:
        last = self.events[-1] if self.events else None
        return last if last is not None and last["type"] == "question" else None

    def step(self) -> list[Frame]:
        """Open the next question, or close the one that is open."""
        number, seq = len(self.events) // 2, len(self.events) + 1
        asked = self.open
        if asked is None:
            event = {"type": "question", "question_id": f"q{number}", "index": number, "total": QUESTIONS}
            self.events.append(event | {"seq": seq, "title": "?", "options": OPTIONS})
            return self.events[-1:]
        closed = {"type": "question_closed", "question_id": asked["question_id"], "correct_option": "A"}
        self.events.append(closed | {"seq": seq, "counts": {}})
        self.score += asked["question_id"] in self.recorded
        return [self.events[-1], *self.result(asked["question_id"]), self.board()]

    def hear(self, frame: Frame) -> list[Frame]:
        if frame["type"] == "answer":
            return [self.ack(frame)]
        if frame["type"] == "sync":
            return [self.snapshot()]
        assert frame["type"] == "hello"
        resumed = "seq" in frame
        session = {"id": "s", "title": "Quiz", "state": "open", "version": 1, "pacing": "host"}
        session |= {"question_index": None, "question_count": QUESTIONS}
        welcome = {"type": "welcome", "participant_id": "p", "session": session, "role": "participant"}
        welcome |= {"epoch": "e", "seq": len(self.events), "heartbeat_ms": 10_000, "server_time": 0}
        if not resumed:
            return [welcome | {"resumed": False}, self.snapshot()]
        missed = [welcome | {"resumed": True}]
        if frame["seq"] and self.events[frame["seq"] - 1]["type"] == "question_closed":
            missed += self.result(self.events[frame["seq"] - 1]["question_id"])
        for event in self.events[frame["seq"] :]:
            missed += [event]
            missed += self.result(event["question_id"]) if event["type"] == "question_closed" else []
        return [*missed, self.board()]

    def ack(self, answer: Frame) -> Frame:
        question_id = answer["question_id"]
        told = {"type": "ack", "re": answer["id"], "question_id": question_id}
        if question_id in self.recorded:
            answer_id, option = self.recorded[question_id]
            again = answer_id == answer["id"]
            return told | ({"status": "accepted"} if again else {"status": "duplicate", "option": option})
        if self.open is None or self.open["question_id"] != question_id:
            return told | {"status": "closed"}
        self.recorded[question_id] = answer["id"], answer["option"]
        return told | {"status": "accepted"}

    def result(self, question_id: str) -> list[Frame]:
        if question_id not in self.recorded:
            return []
        outcome = {"type": "result", "question_id": question_id, "correct": True, "points": 1}
        return [outcome | {"score": self.score, "rank": 1}]

    def board(self) -> Frame:
        entries = [["p", "Ann", self.score, 0]]
        return {
            "type": "leaderboard",
            "epoch": "e",
            "version": self.score + 1,
            "full": True,
            "entries": entries,
        }

    def snapshot(self) -> Frame:
        asked = self.open
        hidden = None if asked is None else asked["question_id"]
        answers = [
            {"question_id": question_id, "id": answer_id, "option": option}
            | ({} if question_id == hidden else {"correct": True, "points": 1})
            for question_id, (answer_id, option) in self.recorded.items()
        ]
        state = {"type": "snapshot", "seq": len(self.events), "epoch": "e", "version": 1, "answers": answers}
        state |= {"state": "closed" if asked is None else "open", "leaderboard": self.board()}
        return state | {"question": asked, "score": self.score, "rank": 1}


class Network:
    """Carries frames until a drawn number of them has passed; then that connection is cut, both ways at once."""

    def __init__(self, server: Server, conversation: Conversation, lives: Iterator[int]) -> None:
        self.server, self.conversation, self.lives = server, conversation, lives
        self.left = 0
        self.now = 0.0
        self.sent: list[Frame] = []

    def carry(self, to_client: list[Frame], to_server: list[bytes]) -> None:
        """Deliver, and everything that follows from it."""
        waiting: list[tuple[bool, Any]] = [(True, one) for one in to_client]
        waiting += [(False, one) for one in to_server]
        while waiting:
            downward, frame = waiting.pop(0)
            if self.left == 0:
                return  # the rest is lost
            self.left -= 1
            self.now += 0.01
            if downward:
                data = json.dumps(frame, separators=(",", ":")).encode()
                event, frames = self.conversation.receive(data, self.now)
                assert event is not None
                waiting += [(False, one) for one in frames]
            else:
                self.sent.append(json.loads(frame))
                waiting += [(True, one) for one in self.server.hear(self.sent[-1])]

    def settle(self) -> None:
        """Connect again while the connection is cut, and let whatever is overdue go out."""
        while self.left == 0:
            self.left = next(self.lives)
            self.carry([], [self.conversation.hello()])
        self.now += 10
        self.carry([], self.conversation.overdue(self.now))


@given(st.lists(st.integers(0, 9), max_size=30))
def test_wherever_connections_are_cut_every_answer_counts_once_and_all_is_known(lives: list[int]) -> None:
    def endless() -> Iterator[int]:
        yield from lives
        while True:
            yield 1_000_000

    server, conversation = Server(), Conversation("ticket", "token")
    network = Network(server, conversation, endless())
    network.settle()
    for number in range(2 * QUESTIONS):
        network.carry(server.step(), [])
        for _ in range(len(lives) + 2):
            network.settle()
        asked = conversation.view.question
        assert (asked is not None) == (number % 2 == 0)
        if asked is not None:
            network.carry([], [conversation.answer(asked.question_id, "B", network.now)])
            for _ in range(len(lives) + 2):
                network.settle()
            assert asked.question_id in server.recorded
    answers = [frame for frame in network.sent if frame["type"] == "answer"]
    assert len({(frame["question_id"], frame["id"]) for frame in answers}) == QUESTIONS
    assert len({frame["ticket"] for frame in network.sent if "ticket" in frame}) <= 1
    view = conversation.view
    assert {attempt.recorded for attempt in conversation.answers.given.values()} == {"B"}
    assert {answer.correct for answer in view.answers.values()} == {True}
    assert (view.seq, view.score, view.wants_sync) == (2 * QUESTIONS, QUESTIONS, False)
    assert view.board is not None
    assert view.board.score_of("p") == QUESTIONS
    assert conversation.violations == []


@pytest.fixture
def conversation() -> Conversation:
    """Welcome, with the first question open."""
    server, conversation = Server(), Conversation("ticket", "token")
    server.step()
    Network(server, conversation, iter([100])).settle()
    return conversation


def say(conversation: Conversation, **fields: Any) -> list[Frame]:
    return [json.loads(one) for one in conversation.receive(json.dumps(fields).encode(), 20.0)[1]]


def test_a_ticket_serves_once_and_without_a_resume_token_a_new_one_is_needed() -> None:
    watching = Conversation("ticket")
    assert json.loads(watching.hello()) == {"type": "hello", "ticket": "ticket"}
    assert watching.needs_ticket
    with pytest.raises(ValueError, match="neither"):
        watching.hello()


def test_only_the_open_question_can_be_answered_and_once(conversation: Conversation) -> None:
    with pytest.raises(ValueError, match="not open"):
        conversation.answer("q7", "A", 1.0)
    conversation.answer("q0", "A", 1.0)
    with pytest.raises(ValueError, match="already"):
        conversation.answer("q0", "B", 1.0)


def test_a_refused_option_is_not_sent_again(conversation: Conversation) -> None:
    answer = json.loads(conversation.answer("q0", "Z", 1.0))
    say(conversation, type="error", code="invalid_option", message="…", retryable=False, re=answer["id"])
    assert conversation.answers.given["q0"].status == "invalid_option"
    assert conversation.overdue(1000.0) == []


@pytest.mark.parametrize(("paused", "times"), [(True, 0), (False, 1)])
def test_an_answer_that_was_refused_during_a_pause_is_given_again_after_it(
    conversation: Conversation, paused: bool, times: int
) -> None:
    answer = json.loads(conversation.answer("q0", "A", 1.0))
    say(conversation, type="ack", re=answer["id"], question_id="q0", status="closed")
    state = {"type": "state", "state": "open", "version": 2, "closes_at": None, "next_at": None}
    assert say(conversation, **state, seq=2, paused=paused, locked=False) == [answer] * times


def test_a_gap_asks_once_and_again_when_no_snapshot_comes(conversation: Conversation) -> None:
    assert say(conversation, type="skip", seq=5) == [{"type": "sync"}]
    assert say(conversation, type="skip", seq=9) == []
    assert conversation.overdue(20.0 + SYNC_PATIENCE_S) == []
    assert conversation.overdue(20.1 + SYNC_PATIENCE_S) == [b'{"type":"sync"}']


def test_what_is_not_understood_is_noted_and_ignored(conversation: Conversation) -> None:
    before = vars(conversation.view).copy()
    for data in (b"no", b'{"type":"surprise"}', b'{"type":"ack","re":5}', b'{"type":"leaderboard"'):
        assert conversation.receive(data, 20.0) == (None, [])
    assert len(conversation.violations) == 4
    assert vars(conversation.view) == before


def test_a_silent_server_is_dead_after_two_and_a_half_heartbeats(conversation: Conversation) -> None:
    say(conversation, type="ping", t=1)
    assert not conversation.is_dead(20.0 + 25.0)
    assert conversation.is_dead(20.0 + 25.1)


def test_the_server_says_when_to_come_back(conversation: Conversation) -> None:
    say(conversation, type="error", code="rate_limited", message="…", retryable=True, retry_after_ms=2000)
    assert conversation.reconnect_in_s == 2.0
    say(conversation, type="reconnect", after_ms=700)
    assert conversation.reconnect_in_s == 0.7


@given(st.integers(0, 1000), st.none() | st.floats(0, 60))
def test_pauses_are_bounded_and_never_shorter_than_asked(failures: int, asked_s: float | None) -> None:
    assert (asked_s or 0) <= pause_s(failures, asked_s) <= (asked_s or 0) + LONGEST_PAUSE_S


def test_pauses_differ() -> None:
    assert len({pause_s(3) for _ in range(20)}) > 10
    assert 1012 not in STOP_CODES
