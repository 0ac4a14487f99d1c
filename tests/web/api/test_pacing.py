"""A host's hand on the time and the door of a session."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.web.api.test_sessions import joined, started
from tests.web.people import People, Person, question

pytestmark = pytest.mark.usefixtures("control_worker")

TIMED = question("one") | {"time_limit_s": 60}


async def told(host: Person, session: dict[str, Any], command: str, body: Any = None) -> dict[str, Any]:
    reply = await host.post(f"/sessions/{session['id']}/{command}", body or {})
    assert reply.status == 200, reply.text
    return reply.body  # type: ignore[no-any-return]


async def refused(person: Person, session: dict[str, Any], command: str, body: Any = None) -> tuple[int, str]:
    reply = await person.post(f"/sessions/{session['id']}/{command}", body or {})
    return reply.status, reply.body["code"]


async def tries_to_join(person: Person, session: dict[str, Any]) -> tuple[int, str | None]:
    reply = await person.post(f"/users/quizzes/{session['join_code']}/join")
    return reply.status, reply.body.get("code")


async def test_pause_resume_and_extend(host: Person, people: People) -> None:
    session = await started(host, TIMED)
    opened = await told(host, session, "next")
    paused = await told(host, session, "pause", {"expected_version": opened["version"]})
    assert (paused["state"], paused["paused"], paused["closes_at"]) == ("open", True, None)
    assert 0 < paused["remaining_ms"] <= 60_000
    assert (await people.guest().get(f"/sessions/{session['id']}")).body == paused
    assert await refused(host, session, "next") == (409, "session_paused")
    assert await told(host, session, "pause") == paused
    resumed = await told(host, session, "resume")
    assert (resumed["paused"], resumed["remaining_ms"]) == (False, None)
    extended = await told(host, session, "extend", {"seconds": 30, "expected_version": resumed["version"]})
    moved = datetime.fromisoformat(extended["closes_at"]) - datetime.fromisoformat(resumed["closes_at"])
    assert moved.total_seconds() == 30
    again = {"seconds": 30, "expected_version": resumed["version"]}
    assert await refused(host, session, "extend", again) == (409, "version_conflict")
    for wrong in ({}, {"seconds": 4}, {"seconds": 301}, {"seconds": "10"}, {"seconds": 10, "minutes": 1}):
        assert await refused(host, session, "extend", wrong) == (422, "validation_failed")
    await told(host, session, "close")
    assert await refused(host, session, "extend", {"seconds": 10}) == (409, "nothing_to_extend")
    await told(host, session, "end")
    assert await refused(host, session, "pause") == (409, "session_ended")


async def test_a_self_paced_session_can_be_paused(host: Person) -> None:
    session = await started(host, pacing="self")
    assert (await told(host, session, "pause"))["paused"]
    assert not (await told(host, session, "resume"))["paused"]


async def test_a_locked_session_lets_in_only_those_who_are_in_it(host: Person, people: People) -> None:
    session = await started(host)
    inside = await people.user("Ines")
    first = await joined(inside, session, "Ines")
    assert (await told(host, session, "lock"))["locked"]
    assert await tries_to_join(people.guest(), session) == (409, "session_locked")
    assert await tries_to_join(await people.user("Nora"), session) == (409, "session_locked")
    assert (await joined(inside, session))["participant_id"] == first["participant_id"]
    assert not (await told(host, session, "unlock"))["locked"]
    await joined(people.guest(), session)


async def test_late_join_until_a_question_has_closed(host: Person, people: People) -> None:
    session = await started(host, question("one"), question("two"), late_join=1)
    assert session["late_join"] == 1
    await told(host, session, "next")
    inside = await people.user("Ines")
    first = await joined(inside, session)
    await told(host, session, "close")
    assert await tries_to_join(people.guest(), session) == (409, "late_join_denied")
    await told(host, session, "next")
    assert await tries_to_join(people.guest(), session) == (409, "late_join_denied")
    assert (await joined(inside, session))["participant_id"] == first["participant_id"]


async def test_without_late_join_the_door_shuts_when_the_first_question_opens(
    host: Person, people: People
) -> None:
    session = await started(host, late_join="deny")
    assert session["late_join"] == "deny"
    await joined(people.guest(), session)
    await told(host, session, "next")
    assert await tries_to_join(people.guest(), session) == (409, "late_join_denied")


async def test_questions_close_early_in_timed_pacing_or_when_the_host_wants_it(host: Person) -> None:
    made: dict[str, bool] = {}
    for name, wanted in (
        ("host", {}),
        ("timed", {"pacing": "timed"}),
        ("wanted", {"early_close": True}),
        ("not wanted", {"pacing": "timed", "early_close": False}),
        ("self", {"pacing": "self"}),
    ):
        made[name] = (await started(host, **wanted))["early_close"]
    assert made == {"host": False, "timed": True, "wanted": True, "not wanted": False, "self": False}
    quiz_id = (await started(host))["quiz_id"]
    refusal = await host.post(f"/quizzes/{quiz_id}/start", {"pacing": "self", "early_close": True})
    assert (refusal.status, refusal.body["errors"][0]["path"]) == (422, "early_close")


async def test_late_join_has_a_meaning_only_where_all_are_at_one_question(host: Person) -> None:
    session = await started(host)
    assert session["late_join"] == "allow"
    for wrong in ({"pacing": "self", "late_join": "deny"}, {"late_join": 0}, {"late_join": "never"}):
        reply = await host.post(f"/quizzes/{session['quiz_id']}/start", wrong)
        assert (reply.status, reply.body["errors"][0]["path"]) == (422, "late_join")
