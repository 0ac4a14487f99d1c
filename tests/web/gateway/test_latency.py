"""What the network costs somebody is measured here, and a client that cheats wins no more than the cap."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.messages import Settings
from tests.web.gateway.test_room import answer, make_room, member, outcome
from web.gateway import answering
from web.gateway.latency import KEPT, OPEN, RoundTrips

CAP_MS = 100


def round_trips(*lasted_ms: int) -> RoundTrips:
    """Pings that were each answered after so long."""
    made = RoundTrips()
    for number, ms in enumerate(lasted_ms):
        made.pinged(number, now=10.0 * number)
        made.ponged(number, now=10.0 * number + ms / 1000 + 1e-6)
    return made


def test_the_shortest_of_the_latest_round_trips_is_allowed() -> None:
    assert round_trips().allowance_ms(CAP_MS) == 0
    assert round_trips(80, 40, 90).allowance_ms(CAP_MS) == 40
    assert round_trips(20, *[60] * KEPT).allowance_ms(CAP_MS) == 60  # that one is long ago


@given(st.lists(st.integers(0, 60_000), min_size=1, max_size=10), st.integers(0, 500))
def test_whoever_sends_pongs_late_gains_no_more_than_the_cap(lasted_ms: list[int], cap_ms: int) -> None:
    assert 0 <= round_trips(*lasted_ms).allowance_ms(cap_ms) <= cap_ms


def test_only_the_first_pong_to_one_of_the_last_pings_counts() -> None:
    trips = RoundTrips()
    trips.ponged(1, now=1.0)  # to no ping at all
    trips.pinged(1, now=1.0)
    trips.ponged(2, now=1.9)  # guessed
    trips.ponged(None, now=1.9)
    assert trips.allowance_ms(500) == 0
    trips.pinged(2, now=2.0)
    trips.ponged(2.0, now=2.05)
    trips.ponged(2, now=2.9)  # again
    assert trips.allowance_ms(500) == pytest.approx(50, abs=1)
    for t in range(3, 3 + OPEN):
        trips.pinged(t, now=3.0)
    trips.ponged(1, now=3.0)  # long ago
    assert trips.allowance_ms(500) == pytest.approx(50, abs=1)
    trips.ponged(3, now=3.02)
    assert trips.allowance_ms(500) == pytest.approx(20, abs=1)


def at_latency(monkeypatch: pytest.MonkeyPatch, allowance_ms: int, elapsed_s: float, lasted_ms: int):
    """An answer given `elapsed_s` after the question was shown, in a session with that allowance."""
    room = make_room(settings=Settings(latency_allowance_ms=allowance_ms), opens_at_ms=None)
    ann = member(room, "p1")
    ann.round_trips = round_trips(lasted_ms)
    now = room.shown_at + elapsed_s
    monkeypatch.setattr(answering.time, "monotonic", lambda: now)
    return room, ann, answering.consider(room, ann, answer(), "n1").submission


@pytest.mark.parametrize(
    ("allowance_ms", "elapsed_s", "lasted_ms", "taken_off"),
    [(0, 2.0, 60, 0), (100, 2.0, 60, 60), (100, 2.0, 5_000, 100), (500, 0.03, 400, 30)],
)
async def test_it_is_taken_off_the_time_as_far_as_the_session_allows_and_the_time_reaches(
    monkeypatch, allowance_ms, elapsed_s, lasted_ms, taken_off
):
    _, _, submission = at_latency(monkeypatch, allowance_ms, elapsed_s, lasted_ms)
    assert submission.latency_ms == pytest.approx(taken_off, abs=1)
    assert submission.elapsed_ms + submission.latency_ms == pytest.approx(elapsed_s * 1000, abs=1)


async def test_the_result_says_what_was_allowed_only_where_the_session_allows(monkeypatch):
    for allowance_ms, shown in ((100, 60), (0, None)):
        room, ann, submission = at_latency(monkeypatch, allowance_ms, 2.0, 60)
        monkeypatch.undo()
        room.results.settle(
            outcome(submission.answer_id, submission.answer_id, latency_ms=submission.latency_ms)
        )
        room.move(msgspec.structs.replace(room.state, state="closed", event="question_closed", seq=3))
        room.results.send_all("q1", {"p1": ann.answers["q1"]})
        assert ann.sink.last("result").get("latency_ms") == (shown and pytest.approx(shown, abs=1))


async def test_no_allowance_makes_a_late_answer_timely(monkeypatch):
    settings = Settings(latency_allowance_ms=500)
    room = make_room(settings=settings, opens_at_ms=1_000, closes_at_ms=21_000)
    ann = member(room, "p1")
    ann.round_trips = round_trips(400)
    now = room.shown_at + 20.1
    monkeypatch.setattr(answering.time, "monotonic", lambda: now)
    assert answering.consider(room, ann, answer(), "n1").status == "late"
