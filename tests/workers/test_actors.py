"""The three actors against real NATS, Redis and PostgreSQL: once is once, whoever dies and whatever comes twice."""

from __future__ import annotations

import msgspec
import pytest

from bus.errors import InvalidMessage
from bus.messages import Answered, Command, Scored, SessionState, decode, encode
from db import answers, live, participants, scoreboard, sessions
from workers.actors.persist_answers import persist_answers
from workers.actors.score_answers import score_answers


def board(world) -> dict[str, tuple[int, int]]:
    found = scoreboard.board(world.deps.redis, world.session_id)
    return {row.nickname: (row.score, row.time_ms) for row in found.rows}


def kept(world) -> list[answers.AnswerRow]:
    return world.deps.pool.call(answers.of_session, world.session_id)


# Scoring


def test_a_batch_is_scored_told_and_handed_on(world):
    score_answers(world.deps, world.batch(world.submission(0, "A"), world.submission(1, "B")))
    world.settle()
    assert board(world) == {"Ann": (1, 1500), "Bob": (0, 0), "Cid": (0, 0)}
    [delta] = world.heard.deltas
    assert [(entry.participant_id, entry.score) for entry in delta.entries] == [(world.people[0], 1)]
    assert delta.answered == (
        Answered(world.question(0), "A", (world.people[0],)),
        Answered(world.question(0), "B", (world.people[1],)),
    )
    assert [(o.correct, o.points, o.score) for o in world.heard.outcomes] == [(True, 1, 1), (False, 0, 0)]
    [payload] = world.persisted()
    assert [(row.option, row.points, row.rule) for row in decode(payload, list[Scored])] == [
        ("A", 1, "flat/1"),
        ("B", 0, "flat/1"),
    ]


def test_a_batch_that_comes_again_changes_nothing_but_is_told_and_handed_on_again(world):
    batch = world.batch(world.submission(0, "A"))
    score_answers(world.deps, batch)
    before = board(world)
    score_answers(world.deps, batch)
    world.settle()
    assert board(world) == before
    assert world.heard.outcomes[0].recorded_id == world.heard.outcomes[1].recorded_id == "a0"
    assert world.heard.deltas[1].version == world.heard.deltas[0].version + 1
    assert world.heard.deltas[1].entries[0].score == 1
    assert len(world.persisted()) == 2


def test_the_time_of_an_answer_survives_redelivery_and_a_retry(world):
    first = msgspec.structs.replace(world.submission(0, "A"), latency_ms=80)
    score_answers(world.deps, world.batch(first))
    score_answers(world.deps, world.batch(first))  # delivered again, whenever that is
    retried = msgspec.structs.replace(first, elapsed_ms=9_000, latency_ms=5, received_at_ms=1_700_000_009_000)
    score_answers(world.deps, world.batch(retried))  # sent again over another connection
    world.settle()
    for payload in world.persisted():
        persist_answers(world.deps, [payload])
    [row] = kept(world)
    assert (row.elapsed_ms, row.latency_ms, row.finished_at_ms) == (1500, 80, 1_700_000_000_000)
    assert [told.latency_ms for told in world.heard.outcomes] == [80, 80, 80]
    assert board(world)["Ann"] == (1, 1500)


def test_of_two_racing_answers_the_first_recorded_wins_and_the_other_hears_it(world):
    score_answers(world.deps, world.batch(world.submission(0, "B", answer_id="first")))
    score_answers(world.deps, world.batch(world.submission(0, "A", answer_id="second")))
    world.settle()
    loser = world.heard.outcomes[1]
    assert (loser.answer_id, loser.recorded_id, loser.option, loser.points) == ("second0", "first0", "B", 0)
    assert board(world)["Ann"] == (0, 0)


def test_a_session_that_redis_forgot_is_rebuilt_and_scored(world):
    score_answers(world.deps, world.batch(world.submission(0, "A")))
    persist_answers(world.deps, world.persisted())
    epoch = live.load(world.deps.redis, world.session_id).epoch
    world.deps.redis.flushall()
    score_answers(
        world.deps, world.batch(world.submission(1, "A"), world.submission(0, "B", answer_id="other"))
    )
    world.settle()
    assert board(world) == {"Ann": (1, 1500), "Bob": (1, 1500), "Cid": (0, 0)}
    assert world.heard.deltas[-1].epoch != epoch


def test_who_was_kicked_is_recorded_but_not_put_back_on_the_board(world):
    assert world.command("kick", participant_id=world.people[0]).ok
    score_answers(world.deps, world.batch(world.submission(0, "A")))
    world.settle()
    assert set(board(world)) == {"Bob", "Cid"}
    assert world.heard.deltas[-1].entries == ()
    assert len(world.persisted()) == 1


@pytest.mark.parametrize("payload", [b"", b"junk", encode("text"), encode([["too", "short"]])])
def test_what_is_no_list_of_submissions_is_refused_as_such(world, payload):
    with pytest.raises(InvalidMessage):
        score_answers(world.deps, [payload])


@pytest.mark.parametrize(
    "bad",
    [
        {"question_id": "nowhere"},
        {"answer_id": "evil\x00"},
        {"option": "Z"},
        {"elapsed_ms": 2**40},
        {"session_id": "x"},
    ],
    ids=lambda bad: next(iter(bad)),
)
def test_one_submission_that_cannot_be_scored_does_not_take_its_neighbours_along(world, bad):
    stranger = msgspec.structs.replace(world.submission(1, "A"), **bad)
    before = world.dead_letters()
    score_answers(world.deps, world.batch(world.submission(0, "A"), stranger, world.submission(2, "A")))
    score_answers(world.deps, world.batch(stranger))
    world.settle()
    assert {name: score for name, (score, _) in board(world).items()} == {"Ann": 1, "Bob": 0, "Cid": 1}
    assert len(decode(world.persisted()[0], list[Scored])) == 2
    assert world.dead_letters() == before + 1


# Persistence


def test_scored_answers_are_kept_once(world):
    score_answers(world.deps, world.batch(world.submission(0, "A"), world.submission(1, "B")))
    payloads = world.persisted()
    persist_answers(world.deps, payloads)
    persist_answers(world.deps, payloads + payloads)
    assert [(row.option, row.correct, row.points, row.elapsed_ms) for row in kept(world)] == [
        ("A", True, 1, 1500),
        ("B", False, 0, 1500),
    ]


def test_what_postgresql_holds_already_corrects_redis_and_the_participant(world):
    score_answers(world.deps, world.batch(world.submission(0, "B", answer_id="first")))
    persist_answers(world.deps, world.persisted())
    # Redis lost the answer, and the participant gave another one meanwhile.
    live.forget(world.deps.redis, world.session_id)
    world.deps.pool.call(live.restore, world.deps.redis, world.session_id)
    world.deps.redis.hdel(scoreboard.answers_key(world.session_id, world.question()), world.people[0])
    score_answers(world.deps, world.batch(world.submission(0, "A", answer_id="second")))
    assert board(world)["Ann"] == (1, 1500)
    persist_answers(world.deps, world.persisted()[1:])
    world.settle()
    assert board(world)["Ann"] == (0, 0)
    corrected = world.heard.outcomes[-1]
    assert (corrected.answer_id, corrected.recorded_id, corrected.option) == ("second0", "first0", "B")
    assert [row.option for row in kept(world)] == ["B"]


def test_answers_that_were_on_their_way_when_redis_was_lost_reach_the_rebuilt_board(world):
    score_answers(world.deps, world.batch(world.submission(0, "A"), world.submission(1, "B")))
    on_their_way = world.persisted()
    world.deps.redis.flushall()
    world.deps.pool.call(live.restore, world.deps.redis, world.session_id)
    assert board(world)["Ann"] == (0, 0)
    persist_answers(world.deps, on_their_way)
    world.settle()
    assert board(world) == {"Ann": (1, 1500), "Bob": (0, 0), "Cid": (0, 0)}
    assert world.heard.deltas[-1].entries[0].score == 1
    persist_answers(world.deps, on_their_way)
    assert board(world)["Ann"] == (1, 1500)


# Commands


def test_a_session_is_run_from_lobby_to_end_and_every_event_is_numbered(world):
    for kind in ("next", "close", "next", "close", "next"):
        assert world.command(kind).ok
    events = [(event.state.seq, event.state.event, event.state.state) for event in world.heard.events]
    assert events == [
        (1, "state", "lobby"),
        (2, "question", "open"),
        (3, "state", "closing"),
        (4, "question_closed", "closed"),
        (5, "question", "open"),
        (6, "state", "closing"),
        (7, "question_closed", "closed"),
        (8, "ended", "ended"),
    ]
    session = world.deps.pool.call(sessions.get, world.session_id)
    assert session["state"] == "ended" and session["ended_at"] is not None


def test_the_reveal_counts_what_was_recorded(world):
    world.command("next")
    score_answers(
        world.deps, world.batch(world.submission(0, "A"), world.submission(1, "B"), world.submission(2, "B"))
    )
    reply = world.command("close")
    assert reply.session.counts == {"A": 1, "B": 2}
    assert reply.session.board_version == scoreboard.board(world.deps.redis, world.session_id).version


def test_a_command_delivered_again_after_a_death_goes_on_where_it_stopped(world, monkeypatch):
    world.command("next")

    def die(*_args, **_more):
        raise KeyboardInterrupt

    closing = Command("the-close", "close", world.session_id, 0)
    with monkeypatch.context() as patched:
        patched.setattr(world.deps.broker, "drained", die)
        with pytest.raises(KeyboardInterrupt):
            world.run(closing)
    stuck = decode(live.load(world.deps.redis, world.session_id).state, SessionState)
    assert stuck.state == "closing"
    assert world.command("next").code == "session_busy"
    assert world.run(closing).session.state == "closed"
    # Announced again, for whoever missed it; gateways know what they have by its number.
    assert [event.state.seq for event in world.heard.events] == [1, 2, 3, 3, 4]


def test_a_command_delivered_again_after_others_changes_nothing(world):
    opened = Command("the-next", "next", world.session_id, 0)
    assert world.run(opened).session.question_index == 0
    assert world.command("close").session.state == "closed"
    again = world.run(opened)
    assert again.ok and (again.session.state, again.session.question_index) == ("closed", 0)


@pytest.mark.parametrize(
    ("kind", "more"), [("pause", {}), ("lock", {}), ("extend", {"seconds": 30}), ("kick", {})]
)
def test_what_happens_beside_is_announced_and_done_once_also_after_a_death(world, monkeypatch, kind, more):
    if kind == "kick":
        more = {"participant_id": world.people[0]}
    todo = Command("beside", kind, world.session_id, 0, **more)

    def die(*_args, **_more):
        raise KeyboardInterrupt

    world.command("next")
    if kind == "extend":
        live.swap_state(world.deps.redis, world.session_id, *limited(world))
    with monkeypatch.context() as patched:
        patched.setattr(sessions, "save_state", die)
        with pytest.raises(KeyboardInterrupt):
            world.run(todo)
    world.settle()
    assert [event.state.seq for event in world.heard.events] == [1, 2, 3]  # told, and not kept
    first = world.run(todo).session
    assert world.run(todo).session == first
    assert [event.state.seq for event in world.heard.events][:3] == [1, 2, 3]
    assert {event.state.seq for event in world.heard.events} == {1, 2, 3}
    kept_state = world.deps.pool.call(sessions.get, world.session_id)["live"]
    assert decode(bytes(kept_state), SessionState) == first


def limited(world) -> tuple[bytes, bytes]:
    """The state as it is, and with ten seconds to answer."""
    stored = live.load(world.deps.redis, world.session_id).state
    state = decode(stored, SessionState)
    return stored, encode(msgspec.structs.replace(state, closes_at_ms=state.opens_at_ms + 10_000))


def test_a_kick_leaves_no_gap_in_the_versions_that_gateways_see(world):
    world.command("kick", participant_id=world.people[1])
    score_answers(world.deps, world.batch(world.submission(0, "A")))
    world.settle()
    first, second = (delta.version for delta in world.heard.deltas)
    assert second == first + 1


def test_refusals_say_why(world, self_paced):
    assert world.command("close").code == "no_open_question"
    assert world.command("next", expected_version=99).code == "version_conflict"
    assert self_paced.command("next").code == "wrong_pacing"
    assert world.command("end").ok
    assert world.command("next").code == "session_ended"


def test_a_command_for_a_session_that_does_not_exist_is_refused(world):
    assert world.run(Command("c", "next", "01890000-0000-7000-8000-000000000000", 0)).code == "not_found"


def test_a_kick_is_for_good_and_told_to_the_gateways(world):
    assert world.command("kick", participant_id=world.people[1]).ok
    assert world.deps.pool.call(participants.get, world.people[1])["kicked"]
    assert world.heard.events[-1].state.event == "kicked"
    assert world.heard.events[-1].state.participant_id == world.people[1]
    assert "Bob" not in board(world)
