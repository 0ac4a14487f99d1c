"""A hall that comes in with one statement: each of it as if they had come alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db import joining, participants, quizzes, sessions
from db.errors import Conflict, NotFound
from db.ids import new_id
from db.joining import Newcomer, newcomer
from db.models import database
from tests.joining import join

Call = Callable[..., Any]

HALL = "192.0.2.7"


@pytest.fixture
def ended(call: Call, host: dict[str, Any], draft: dict[str, Any]) -> dict[str, Any]:
    """A session of another quiz that is over."""
    quiz = call(quizzes.create, host["id"], draft)
    session = call(
        sessions.create, quiz["id"], host["id"], call(quizzes.snapshot, quiz["id"]), "host", "flat"
    )
    call(sessions.end, session["id"])
    return session


def names(call: Call, session: dict[str, Any]) -> set[str]:
    return {one["nickname"] for one in call(participants.all_of, session["id"])}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            ["free", "made up", "taken", "twin", "banned", "over", "nowhere", "no id", "known user"]
        ),
        min_size=1,
        max_size=12,
    )
)
def test_of_a_mixed_group_exactly_the_good_ones_get_in(
    call: Call, host: dict[str, Any], session: dict[str, Any], ended: dict[str, Any], kinds: list[str]
) -> None:
    sid = session["id"]
    call(database.execute_sql, "DELETE FROM participants WHERE session_id = %s", (sid,))
    call(join, sid, None, "Ann")
    call(join, sid, host["id"], "Hanna")
    eve = call(join, sid, None, "Eve")
    call(participants.ban, eve["id"], network=False)

    def one(number: int, kind: str) -> Newcomer:
        name = f"Free {number}"
        match kind:
            case "made up":
                return newcomer(sid)
            case "taken":
                return newcomer(sid, None, "\u0410nn")  # Cyrillic
            case "twin":
                return newcomer(sid, None, "Zoe")  # the first of the group gets it
            case "banned":
                return newcomer(sid, None, name, device_token=eve["device_token"])
            case "over":
                return newcomer(ended["id"], None, name)
            case "nowhere":
                return newcomer(new_id(), None, name)
            case "no id":
                return newcomer("nowhere", None, name)
            case "known user":
                return newcomer(sid, host["id"], name)
            case _:
                return newcomer(sid, None, name)

    group = [one(number, kind) for number, kind in enumerate(kinds)]
    admitted = call(joining.admit_all, group)
    got_in = [one is not None for one in admitted]
    assert sum(inside for inside, kind in zip(got_in, kinds, strict=True) if kind == "twin") == (
        "twin" in kinds
    )
    for inside, kind in zip(got_in, kinds, strict=True):
        assert inside == (kind in ("free", "made up")) or kind == "twin"
    for who, inside in zip(group, admitted, strict=True):
        if inside is not None:
            assert inside["id"] == who.id
            assert (inside["user_id"], inside["kicked"]) == (None, False)
            stored = call(participants.by_resume_token, inside["resume_token"])
            assert stored == {name: inside[name] for name in stored}
    assert len(call(participants.all_of, sid)) == 3 + sum(got_in)
    assert call(participants.all_of, ended["id"]) == []


def test_whoever_was_refused_in_a_group_is_told_why_alone(
    call: Call, session: dict[str, Any], ended: dict[str, Any], ann: dict[str, Any]
) -> None:
    group = [newcomer(session["id"], None, "Ann"), newcomer(ended["id"]), newcomer(new_id())]
    assert call(joining.admit_all, group) == [None, None, None]
    for who, code in zip(group, ("nickname_taken", "session_ended"), strict=False):
        with pytest.raises(Conflict) as refused:
            call(joining.admit, who)
        assert refused.value.code == code
    with pytest.raises(NotFound):
        call(joining.admit, group[2])


def test_a_group_whose_reply_was_lost_is_in_once(call: Call, session: dict[str, Any]) -> None:
    group = [newcomer(session["id"], None, "Ann"), newcomer(session["id"])]
    first = call(joining.admit_all, group)
    assert call(joining.admit_all, group) == [None, None]
    again = [call(joining.admit, who) for who in group]
    assert again == first
    assert len(names(call, session)) == 2


def test_a_row_that_cannot_be_stored_lets_nobody_of_its_group_in_and_everybody_alone(
    call: Call, session: dict[str, Any]
) -> None:
    nobody = newcomer(session["id"], new_id(), "Ghost")  # of no user
    group = [newcomer(session["id"], None, "Ann"), nobody, newcomer(session["id"], None, "Bob")]
    with pytest.raises(Exception, match="foreign key"):
        call(joining.admit_all, group)
    assert names(call, session) == set()
    for who in (group[0], group[2]):
        assert call(joining.admit, who)["id"] == who.id
    assert names(call, session) == {"Ann", "Bob"}
