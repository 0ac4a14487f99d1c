"""Pause, resume, extend, lock: what is left of the time is left, and whatever else is under way goes on."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.messages import SessionState, Timing
from bus.pauses import allowed_ms, due_at_ms, remaining_ms, running_ms
from tests.workers.rules.session_runs import QUIZ, command, overdue, run, start
from workers.rules.asides import PAUSES_KEPT
from workers.rules.session import advance
from workers.rules.steps import Done, Refused


def opened(now_ms: int = 0) -> SessionState:
    """The second question, which has twenty seconds."""
    state, _, _ = run(start(), command("next"), now_ms)
    return run(state, command("next"), now_ms)[0]


def after(state: SessionState, *kinds: str, now_ms: int = 5000, **more) -> SessionState:
    for kind in kinds:
        state, action, _ = run(state, command(kind, **more), now_ms)
        assert isinstance(action, Done), action
    return state


def test_what_was_left_at_the_pause_is_left_after_it() -> None:
    before = opened()
    paused = after(before, "pause", now_ms=5000)
    assert (paused.state, paused.event, remaining_ms(paused), due_at_ms(paused)) == (
        "open",
        "state",
        15_000,
        None,
    )
    assert (paused.version, paused.seq) == (before.version + 1, before.seq + 1)
    resumed = after(paused, "resume", now_ms=60_000)
    assert (resumed.closes_at_ms, remaining_ms(resumed)) == (75_000, None)
    assert allowed_ms(resumed) == 20_000
    assert running_ms(resumed, 0, 61_000) == 6000


def test_a_clock_that_jumps_during_the_pause_changes_nothing() -> None:
    for now_ms in (3_600_000, -3_600_000):
        resumed = after(after(opened(), "pause", now_ms=5000), "resume", now_ms=now_ms)
        assert resumed.closes_at_ms == now_ms + 15_000
        assert allowed_ms(resumed) == 20_000


def test_the_old_deadline_is_void_after_a_pause_and_after_more_time() -> None:
    first = opened()
    paused = after(first, "pause")
    resumed = after(paused, "resume", now_ms=9000)
    extended = after(resumed, "extend", now_ms=9000, seconds=30)
    assert extended.closes_at_ms == 24_000 + 30_000
    for state in (paused, resumed, extended):
        assert run(state, overdue(first), 99_000)[0] == state
    assert run(extended, overdue(resumed), 99_000)[0] == extended
    assert run(extended, overdue(extended), 54_000)[0].state == "closed"


def test_a_deadline_of_an_earlier_release_names_no_moment_and_counts() -> None:
    todo = msgspec.structs.replace(overdue(opened()), due_at_ms=None)
    assert run(opened(), todo, 20_000)[0].state == "closed"


def test_more_time_for_a_question_that_should_have_closed_counts_from_now() -> None:
    assert after(opened(), "extend", now_ms=25_000, seconds=10).closes_at_ms == 35_000
    paused = after(after(opened(), "pause", now_ms=5000), "extend", now_ms=60_000, seconds=10)
    assert remaining_ms(paused) == 25_000


@pytest.mark.parametrize("pacing", ["host", "self"])
def test_without_a_limit_there_is_nothing_to_extend(pacing: str) -> None:
    _, action, _ = run(start(pacing), command("extend", seconds=10))
    assert isinstance(action, Refused)
    assert action.code == "nothing_to_extend"


@pytest.mark.parametrize(("kind", "back"), [("pause", "resume"), ("lock", "unlock")])
def test_what_is_so_already_is_done(kind: str, back: str) -> None:
    state = opened()
    assert after(state, back) == state
    there = after(state, kind)
    assert after(there, kind) == there
    assert after(there, back).locked is False


def test_next_waits_for_the_end_of_a_pause_and_close_does_not() -> None:
    paused = after(opened(), "pause")
    _, action, _ = run(paused, command("next"))
    assert isinstance(action, Refused)
    assert action.code == "session_paused"
    closed = after(paused, "close", now_ms=50_000)
    assert (closed.state, closed.closes_at_ms) == ("closed", 50_000)
    assert after(closed, "end").paused_at_ms is None


def test_while_a_question_closes_it_cannot_be_paused_but_the_door_can_be_locked() -> None:
    state = opened()
    closing = advance(state, command("close"), QUIZ, 1000).state
    for kind in ("pause", "resume", "extend"):
        assert run(closing, command(kind, seconds=10))[1].code == "session_busy"
    assert after(closing, "lock").locked


def test_a_paused_timed_session_stands_still_in_the_lobby_and_between_questions() -> None:
    timing = Timing(answer_s=10, reveal_s=4, leaderboard_s=3, countdown_s=2, lobby_s=60)
    lobby = start("timed", timing=timing, now_ms=0)
    paused = after(lobby, "pause", now_ms=10_000)
    assert run(paused, overdue(lobby), 60_000)[0] == paused
    lobby = after(paused, "resume", now_ms=100_000)
    assert lobby.next_at_ms == 150_000
    question = run(lobby, overdue(lobby), 150_000)[0]
    assert (question.state, question.closes_at_ms) == ("open", 160_000)
    closed = after(after(question, "pause", now_ms=151_000), "close", now_ms=200_000)
    assert remaining_ms(closed) == 9000
    closed = after(closed, "extend", now_ms=200_000, seconds=5)
    assert after(closed, "resume", now_ms=300_000).next_at_ms == 314_000


def test_a_command_that_is_half_way_goes_on_whatever_happens_beside() -> None:
    for kind, more in (("lock", {}), ("pause", {}), ("kick", {"participant_id": "p"})):
        for todo in (command("end"), command("next")):
            state, _, _ = run(start(), command("next"))
            for _ in range(2):  # closing, closed
                action = advance(state, todo, QUIZ, 2000)
                state = action.state if hasattr(action, "state") else run(state, todo)[2][1]
            assert state.state == "closed"
            state = after(state, kind, now_ms=3000, **more)
            there, action, _ = run(state, todo, 4000)
            assert isinstance(action, Done)
            if todo.kind == "end":
                assert (there.state, there.paused_at_ms) == ("ended", None)
            elif kind == "pause":  # the next question comes after the pause
                assert there == state
            else:
                assert there.state == "open"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["pause", "resume", "extend", "kick", "lock", "unlock", "again"]),
            st.integers(0, 4_000),
        ),
        max_size=80,
    )
)
def test_a_question_runs_for_its_time_and_what_was_added_pauses_left_out(
    steps: list[tuple[str, int]],
) -> None:
    state, now_ms = opened(), 0
    allowed, ran, paused = 20_000, 0, False
    last = command("kick", participant_id="p")
    deadlines = []
    for kind, later_ms in steps:
        now_ms += later_ms
        ran += 0 if paused else later_ms
        if not paused:
            deadlines.append(overdue(state))
        todo = last if kind == "again" else command(kind, seconds=10, participant_id="p")
        last, known = todo, state
        state, _, trail = run(state, todo, now_ms)
        assert run(state, todo, now_ms)[0] == state
        assert state.seq == known.seq + len(trail) - 1
        if len(trail) > 1:
            if kind == "extend":
                allowed = max(allowed, ran) + 10_000
            paused = state.paused_at_ms is not None
        assert allowed_ms(state) == allowed
        assert running_ms(state, 0, now_ms) == ran
        assert len(state.pauses) <= PAUSES_KEPT
        if paused:
            assert remaining_ms(state) == max(0, allowed - ran)
            assert run(state, overdue(state), now_ms)[0] == state
        else:
            assert due_at_ms(state) == now_ms + allowed - ran
        for old in deadlines:
            if old.due_at_ms != due_at_ms(state):
                assert run(state, old, now_ms)[0] == state
