"""The session state machine: what each command leads to, what it may not, and that a crash anywhere changes nothing."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.messages import SessionState, Timing
from bus.pauses import due_at_ms
from tests.workers.rules.session_runs import QUIZ, command, overdue, run, start
from workers.rules.session import TAKE_OVER_MS, advance
from workers.rules.steps import Done, Refused, Settle


def test_a_host_paced_session_from_lobby_to_end():
    state, _, trail = run(start(), command("next"))
    assert [s.state for s in trail] == ["lobby", "open"]
    assert state.question_index == 0 and state.closes_at_ms is None
    state, _, trail = run(state, command("close"), 2000)
    assert [s.state for s in trail] == ["open", "closing", "closed"]
    assert state.counts == {"A": 3, "B": 1} and state.board_version == 9 and state.closes_at_ms == 2000
    state, _, _ = run(state, command("next"), 3000)
    assert state.question_index == 1 and state.closes_at_ms == 23_000 and state.counts == {}
    state, _, trail = run(state, command("next"), 4000)
    assert [s.state for s in trail] == ["open", "closing", "closed", "ended"]
    assert state.event == "ended"


def test_next_closes_the_open_question_first():
    state, _, _ = run(start(), command("next"))
    state, _, trail = run(state, command("next"))
    assert [s.event for s in trail[1:]] == ["state", "question_closed", "question"]
    assert state.question_index == 1


def test_a_self_paced_session_is_open_from_its_start_and_only_ends():
    state = start("self")
    assert state.state == "open"
    for kind in ("next", "close"):
        after, action, _ = run(state, command(kind))
        assert isinstance(action, Refused) and action.code == "wrong_pacing" and after == state
    state, _, trail = run(state, command("end"))
    assert [s.state for s in trail] == ["open", "closing", "ended"]
    assert state.board_version == 9


@pytest.mark.parametrize(
    ("before", "kind", "code"),
    [
        ([], "close", "no_open_question"),
        (["next", "close"], "close", "no_open_question"),
        (["end"], "next", "session_ended"),
        (["end"], "close", "session_ended"),
        (["end"], "end", "session_ended"),
        (["end"], "kick", "session_ended"),
    ],
)
def test_commands_in_the_wrong_phase_are_refused(before, kind, code):
    state = start()
    for earlier in before:
        state, _, _ = run(state, command(earlier))
    after, action, _ = run(state, command(kind))
    assert isinstance(action, Refused) and action.code == code
    assert after == state


def test_a_command_for_another_version_is_refused():
    state, _, _ = run(start(), command("next", expected_version=1))
    _, action, _ = run(state, command("next", expected_version=1))
    assert isinstance(action, Refused) and action.code == "version_conflict"


def test_while_a_question_is_closing_others_wait_unless_it_was_abandoned():
    state, _, _ = run(start(), command("next"))
    closing = advance(state, command("close"), QUIZ, 5000).state
    assert advance(closing, command("next"), QUIZ, 5001).code == "session_busy"
    assert isinstance(advance(closing, command("next"), QUIZ, 5000 + TAKE_OVER_MS), Settle)


def test_a_deadline_closes_only_its_own_question():
    state, _, _ = run(start(), command("next"))
    unchanged, action, _ = run(state, command("deadline", question_index=1))
    assert isinstance(action, Done) and unchanged == state
    closed, _, _ = run(state, command("deadline", question_index=0))
    assert closed.state == "closed"
    again, action, _ = run(closed, command("deadline", question_index=0))
    assert isinstance(action, Done) and again == closed


def test_a_kick_is_an_event_but_no_new_version():
    state, _, _ = run(start(), command("next"))
    kicked, _, _ = run(state, command("kick", participant_id="p"))
    assert (kicked.version, kicked.seq, kicked.event) == (state.version, state.seq + 1, "kicked")
    assert kicked.state == "open" and kicked.command_id == state.command_id


def test_the_deadline_of_a_late_close_stays_the_deadline():
    state, _, _ = run(start(), command("next"))
    state, _, _ = run(state, command("next"), 10_000)
    closed, _, _ = run(state, command("deadline", question_index=1), 99_000)
    assert closed.closes_at_ms == 30_000


@given(
    st.lists(st.sampled_from(["next", "close", "end"]), max_size=8), st.sampled_from(["next", "close", "end"])
)
def test_a_command_runs_whole_whoever_interferes_and_twice_is_once(kinds, other):
    def interfere(state: SessionState) -> None:
        if state.state == "closing":
            action = advance(state, command(other), QUIZ, 1000)
            assert isinstance(action, Refused) and action.code == "session_busy"

    state = start()
    for kind in kinds:
        todo = command(kind)
        state, outcome, trail = run(state, todo, between=interfere)
        if isinstance(outcome, Done):
            for dead_after in trail[1:]:
                assert run(dead_after, todo)[0] == state
        else:
            assert trail == [state]


@given(
    st.lists(st.sampled_from(["next", "close", "end", "kick"]), max_size=12),
    st.sampled_from(["host", "self"]),
)
def test_seq_rises_by_one_with_every_event_and_version_never_falls(kinds, pacing):
    state = start(pacing)
    for kind in kinds:
        state, _, trail = run(state, command(kind, participant_id="p"))
        for earlier, later in zip(trail, trail[1:], strict=False):
            assert later.seq == earlier.seq + 1
            assert later.version in (earlier.version, earlier.version + 1)
            assert later.question_index >= earlier.question_index


TIMING = Timing(answer_s=30, reveal_s=4, leaderboard_s=3, countdown_s=2, lobby_s=60)


def timed(**changes) -> SessionState:
    timing = msgspec.structs.replace(TIMING, **changes)
    return start("timed", timing=timing, now_ms=1000)


def test_a_timed_session_goes_from_lobby_to_end_by_its_deadlines_alone():
    state = timed()
    passed = []
    while (due_ms := due_at_ms(state)) is not None:
        state, action, trail = run(state, overdue(state), due_ms)
        assert isinstance(action, Done)
        passed += [(s.state, s.question_index, due_ms) for s in trail[1:]]
    assert passed == [
        ("open", 0, 61_000),
        ("closing", 0, 91_000),
        ("closed", 0, 91_000),
        ("open", 1, 100_000),  # 4 + 3 + 2 seconds later
        ("closing", 1, 120_000),  # its own limit is 20 seconds
        ("closed", 1, 120_000),
        ("ended", 1, 127_000),  # nothing to count down to
    ]


def test_a_timed_session_without_a_time_for_the_lobby_waits_for_its_host():
    state = timed(lobby_s=None)
    assert due_at_ms(state) is None
    state, _, _ = run(state, command("next"), 5000)
    assert (state.state, state.closes_at_ms) == ("open", 35_000)


def test_a_deadline_that_comes_twice_or_late_moves_a_timed_session_once():
    lobby = timed()
    deadline = overdue(lobby)
    opened, _, _ = run(lobby, deadline, 61_000)
    assert run(opened, deadline, 61_500)[0] == opened
    # The host was faster: what was scheduled for the lobby, and for the first question, is nothing any more.
    second, _, _ = run(opened, command("next"), 62_000)
    assert (second.state, second.question_index) == ("open", 1)
    for late in (overdue(lobby), overdue(opened)):
        assert run(second, late, 99_000)[0] == second


@given(st.lists(st.sampled_from(["next", "close", "deadline", "kick", "end"]), max_size=12))
def test_whatever_happens_a_timed_session_that_runs_has_a_deadline(kinds):
    state = timed()
    for kind in kinds:
        todo = overdue(state) if kind == "deadline" else command(kind, participant_id="p")
        state, _, _ = run(state, todo, 10_000)
        assert (due_at_ms(state) is None) == (state.state == "ended")
