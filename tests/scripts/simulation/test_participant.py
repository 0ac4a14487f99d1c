"""The participant's state machine, fed with frames by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.simulation.board import Boards
from scripts.simulation.participant import SPACING_S, Identity, Participant
from scripts.simulation.plan import Plan

PID = "p-1"
OPTIONS = [{"key": key, "text": f"text {key}"} for key in "ABCD"]


def frame(kind: str, **fields: Any) -> bytes:
    return json.dumps({"type": kind, **fields}, separators=(",", ":")).encode()


def welcome(pacing: str = "host", resumed: bool = False) -> bytes:
    session = {
        "id": "s",
        "title": "Quiz",
        "state": "open",
        "version": 1,
        "pacing": pacing,
        "question_index": None,
        "question_count": 3,
    }
    return frame(
        "welcome",
        participant_id=PID,
        session=session,
        role="participant",
        epoch="e",
        seq=1,
        heartbeat_ms=10_000,
        server_time=1_000_000,
        resumed=resumed,
    )


def asked(index: int) -> dict[str, Any]:
    return {
        "question_id": f"q{index}",
        "index": index,
        "total": 3,
        "title": "?",
        "image_url": None,
        "options": OPTIONS,
        "opens_at": None,
        "closes_at": None,
    }


def board(version: int = 1, score: int = 0) -> dict[str, Any]:
    return {"epoch": "e", "version": version, "full": True, "entries": [[PID, "Ann", score, 0]]}


def snapshot(
    seq: int = 1,
    question: dict[str, Any] | None = None,
    answers: list[dict[str, Any]] | None = None,
    state: str = "open",
) -> bytes:
    return frame(
        "snapshot",
        seq=seq,
        epoch="e",
        state=state,
        version=1,
        question=question,
        answers=answers or [],
        score=0,
        rank=1,
        leaderboard=board(),
    )


def question(seq: int, index: int) -> bytes:
    return frame("question", seq=seq, **asked(index))


def ack(answer: dict[str, Any], status: str = "accepted", **fields: Any) -> bytes:
    return frame("ack", re=answer["id"], question_id=answer["question_id"], status=status, **fields)


class Talk:
    """A participant and the frames it sends."""

    def __init__(self, **options: Any) -> None:
        identity = Identity(1, PID, "Ann", "ticket-1", "resume-1")
        self.settled: list[int] = []
        self.participant = Participant(identity, Plan(1), Boards(), on_settled=self.settled.append, **options)
        self.now = 100.0

    def connect(self, *frames: bytes) -> list[dict[str, Any]]:
        """A new connection; what the participant says to hello and these frames."""
        hello = json.loads(self.participant.hello())
        return [hello, *self.hear(*frames)]

    def hear(self, *frames: bytes) -> list[dict[str, Any]]:
        self.now += 0.1
        return [json.loads(sent) for data in frames for sent in self.participant.receive(data, self.now)[1]]

    def overdue(self, seconds: float) -> list[dict[str, Any]]:
        self.now += seconds
        return [json.loads(sent) for sent in self.participant.overdue(self.now)]


@pytest.fixture
def talk() -> Talk:
    """Welcome to a host-paced session in its lobby, and released."""
    talk = Talk()
    talk.connect(welcome(), snapshot(state="lobby"))
    talk.participant.release(talk.now)
    return talk


def test_the_ticket_serves_once_then_the_resume_token(talk: Talk) -> None:
    fresh = Talk()
    assert fresh.connect() == [{"type": "hello", "ticket": "ticket-1"}]
    assert fresh.connect() == [{"type": "hello", "resume_token": "resume-1"}]
    assert talk.connect() == [{"type": "hello", "resume_token": "resume-1", "epoch": "e", "seq": 1}]


def test_a_question_is_answered_once(talk: Talk) -> None:
    (answer,) = talk.hear(question(2, 0))
    assert answer["type"] == "answer"
    assert answer["question_id"] == "q0"
    assert answer["option"] == Plan(1).option(1, 0, "ABCD")
    assert talk.hear(question(2, 0), ack(answer)) == []
    assert talk.settled == [0]
    assert talk.participant.record.attempts["q0"].recorded == answer["option"]


def test_nothing_is_answered_before_the_release() -> None:
    talk = Talk()
    assert len(talk.connect(welcome(), snapshot(question=asked(0)))) == 1
    (answer,) = map(json.loads, talk.participant.release(talk.now))
    assert answer["question_id"] == "q0"


def test_thinking_makes_the_answer_due_later() -> None:
    talk = Talk()
    talk.participant._plan = Plan(1, "realistic", (2.0, 3.0))
    talk.connect(welcome(), snapshot(state="lobby"))
    talk.participant.release(talk.now)
    assert talk.hear(question(2, 0)) == []
    assert talk.participant.due is not None
    assert 2.0 <= talk.participant.due - talk.now <= 3.0
    assert talk.participant.answer_due(talk.now) == []
    assert len(talk.participant.answer_due(talk.participant.due)) == 1


def test_an_answer_without_ack_is_retried_with_the_same_id(talk: Talk) -> None:
    (answer,) = talk.hear(question(2, 0))
    assert talk.overdue(1) == []
    assert talk.overdue(5) == [answer]
    assert talk.overdue(1) == []
    talk.hear(ack(answer))
    assert talk.overdue(60) == []


def test_a_retryable_error_is_retried_when_it_says(talk: Talk) -> None:
    (answer,) = talk.hear(question(2, 0))
    busy = frame("error", code="busy", message="later", retryable=True, retry_after_ms=1000, re=answer["id"])
    assert talk.hear(busy) == []
    assert talk.overdue(0.9) == []
    assert talk.overdue(1.0) == [answer]
    assert talk.participant.record.errors == {"busy": 1}


def test_a_reconnect_retries_what_has_no_ack(talk: Talk) -> None:
    (answer,) = talk.hear(question(2, 0))
    assert talk.connect(welcome(), snapshot(2, asked(0)))[1:] == [answer]
    assert talk.connect(welcome(resumed=True))[1:] == [answer]


def test_an_answer_listed_without_outcome_is_not_yet_settled(talk: Talk) -> None:
    """It may sit in a gateway that is about to die."""
    (answer,) = talk.hear(question(2, 0))
    listed = [{"question_id": "q0", "option": answer["option"], "id": answer["id"]}]
    assert talk.connect(welcome(), snapshot(2, asked(0), listed))[1:] == [answer]
    assert talk.settled == []


def test_a_listed_outcome_settles(talk: Talk) -> None:
    talk.hear(question(2, 0))
    listed = [{"question_id": "q0", "option": "C", "correct": False, "points": 0}]
    assert talk.connect(welcome(), snapshot(3, None, listed, state="closed"))[1:] == []
    assert talk.settled == [0]
    assert talk.participant.record.attempts["q0"].recorded == "C"


def test_an_acknowledged_answer_that_a_snapshot_does_not_show_is_given_again(talk: Talk) -> None:
    (answer,) = talk.hear(question(2, 0))
    talk.hear(ack(answer))
    assert talk.connect(welcome(), snapshot(2, asked(0)))[1:] == [answer]
    listed = [{"question_id": "q0", "option": answer["option"]}]
    assert talk.connect(welcome(), snapshot(2, asked(0), listed))[1:] == []


def test_a_duplicate_takes_over_the_recorded_option(talk: Talk) -> None:
    (answer,) = talk.hear(question(2, 0))
    other = next(key for key in "ABCD" if key != answer["option"])
    talk.hear(ack(answer), ack(answer, "duplicate", option=other))
    assert talk.participant.record.attempts["q0"].recorded == other
    assert talk.settled == [0]


def test_a_refused_answer_is_settled_without_a_promise(talk: Talk) -> None:
    (answer,) = talk.hear(question(2, 0))
    talk.hear(ack(answer, "late"))
    attempt = talk.participant.record.attempts["q0"]
    assert (attempt.status, attempt.recorded) == ("late", None)
    assert talk.overdue(60) == []


def test_a_gap_in_seq_asks_for_a_snapshot_once(talk: Talk) -> None:
    state = frame("state", seq=4, state="closing", version=4)
    assert talk.hear(state, frame("skip", seq=9)) == [{"type": "sync"}]
    assert talk.overdue(4) == [{"type": "sync"}]
    talk.hear(snapshot(9))
    assert talk.overdue(60) == []
    assert talk.hear(frame("skip", seq=10)) == []


def test_a_leaderboard_that_does_not_connect_asks_for_a_snapshot(talk: Talk) -> None:
    late = frame("leaderboard", epoch="e", version=9, base=8, entries=[])
    assert talk.hear(late) == [{"type": "sync"}]


def test_ping_is_answered_with_its_own_t(talk: Talk) -> None:
    assert talk.hear(frame("ping", t=123)) == [{"type": "pong", "t": 123}]


def test_self_pacing_goes_from_result_to_next() -> None:
    talk = Talk(questions=2)
    talk.connect(welcome("self"), snapshot(question=asked(0)))
    (first,) = map(json.loads, talk.participant.release(talk.now))
    outcome = {"correct": True, "points": 1, "score": 1, "rank": 1, "correct_option": "A"}
    assert talk.hear(ack(first), frame("result", question_id="q0", next=asked(1), **outcome)) == []
    (second,) = map(json.loads, talk.participant.answer_due(talk.now + SPACING_S))  # gateways meter
    assert second["question_id"] == "q1"
    assert not talk.participant.done
    assert talk.hear(ack(second), frame("result", question_id="q1", next=asked(2), **outcome)) == []
    assert talk.participant.done


def test_a_refused_answer_is_given_again_when_its_question_is_asked_again() -> None:
    talk = Talk()
    talk.connect(welcome("self"), snapshot(question=asked(0)))
    (answer,) = map(json.loads, talk.participant.release(talk.now))
    assert talk.hear(ack(answer, "closed")) == []
    assert talk.hear(snapshot(1, asked(0))) == [answer]
    talk.hear(ack(answer))
    assert talk.participant.record.attempts["q0"].recorded == answer["option"]


def test_self_pacing_asks_after_a_result_that_stays_away() -> None:
    talk = Talk()
    talk.connect(welcome("self"), snapshot(question=asked(0)))
    (answer,) = map(json.loads, talk.participant.release(talk.now))
    talk.hear(ack(answer))
    assert talk.overdue(4) == []
    assert talk.overdue(2) == [{"type": "sync"}]
    assert talk.participant.record.stalls == 1


def test_staleness_is_known_whether_the_board_or_the_result_comes_first(talk: Talk) -> None:
    result = frame("result", question_id="q0", correct=True, points=1, score=1, rank=1)
    shown = frame("leaderboard", epoch="e", version=2, base=1, entries=[[PID, "Ann", 1, 50]])
    for order in ((result, shown), (shown, result)):
        talk = Talk()
        talk.connect(welcome(), snapshot(state="lobby"))
        talk.participant.release(talk.now)
        (answer,) = talk.hear(question(2, 0))
        talk.hear(ack(answer))
        before = talk.now
        talk.hear(order[0])
        talk.hear(order[1])
        assert talk.participant.record.on_board_at["q0"] > before


def test_a_frame_that_breaks_the_contract_is_noted_and_ignored(talk: Talk) -> None:
    assert talk.hear(b"not json", frame("surprise"), frame("ack", re=5), b'{"type":"leaderboard"') == []
    assert len(talk.participant.record.violations) == 4
    assert len(talk.hear(question(2, 0))) == 1


def test_the_end_brings_the_podium(talk: Talk) -> None:
    podium = [{"participant_id": PID, "nickname": "Ann", "score": 3, "rank": 1}]
    talk.hear(frame("ended", seq=2, podium=podium))
    assert talk.participant.ended
    assert talk.participant.record.podium == [(PID, "Ann", 3, 1)]
