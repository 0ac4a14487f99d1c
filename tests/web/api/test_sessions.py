"""Sessions over REST, with the real control workers."""

from __future__ import annotations

import csv
import io
from typing import Any

import msgspec
import pytest
from quart import Quart

from bus import subjects
from bus.messages import BoardDelta, decode
from db import answers, live, scoreboard
from db.answers import AnswerRow
from tests.web.conftest import SECRET
from tests.web.people import People, Person, question, quiz
from web.services import Services, services_of
from web.tickets import read_ticket

pytestmark = pytest.mark.usefixtures("control_worker")


async def started(host: Person, *questions: dict[str, Any], **options: Any) -> dict[str, Any]:
    """A session just started."""
    made = await host.post("/quizzes", quiz(*questions))
    reply = await host.post(f"/quizzes/{made.body['id']}/start", options or ...)
    assert reply.status == 201, reply.text
    return reply.body  # type: ignore[no-any-return]


async def joined(person: Person, session: dict[str, Any], nickname: str | None = None) -> dict[str, Any]:
    reply = await person.post(f"/users/quizzes/{session['join_code']}/join", {"nickname": nickname})
    assert reply.status == 201, reply.text
    return reply.body  # type: ignore[no-any-return]


def record(services: Services, session_id: str, participant_id: str, question_id: str, **values: Any) -> None:
    """Record an answer on the scoreboard, as a scoring worker does."""
    answer = {
        "option": "B",
        "correct": True,
        "points": 1,
        "finished_at_ms": 10**12,
        "elapsed_ms": 1500,
        "rule": "flat/1",
    }
    given = scoreboard.Answer(participant_id, question_id, "an answer", **(answer | values))
    assert scoreboard.record(services.redis, session_id, [given]) is not None


async def test_a_session_from_start_to_end(host: Person, people: People) -> None:
    session = await started(host, question("one"), question("two"))
    assert (session["state"], session["question_index"], session["question_count"]) == ("lobby", None, 2)
    assert (session["pacing"], session["scoring"], len(session["join_code"])) == ("host", "flat", 6)
    path = f"/sessions/{session['id']}"
    assert (await people.guest().get(path)).body == session
    steps = []
    for command in ("next", "close", "next", "next"):
        reply = await host.post(f"{path}/{command}")
        assert reply.status == 200, reply.text
        steps.append((reply.body["state"], reply.body["question_index"]))
        assert (await host.get(path)).body == reply.body
    assert steps == [("open", 0), ("closed", 0), ("open", 1), ("ended", 1)]
    ended = (await host.get(path)).body
    assert ended["state"] == "ended"
    assert ended["ended_at"] is not None
    assert (await host.get(f"/quizzes/{session['quiz_id']}")).body["status"] == "ENDED"
    for command in ("next", "close"):
        refused = await host.post(f"{path}/{command}")
        assert (refused.status, refused.body["code"]) == (409, "session_ended")


async def test_a_command_for_another_version_is_refused(host: Person) -> None:
    session = await started(host)
    path = f"/sessions/{session['id']}/next"
    refused = await host.post(path, {"expected_version": session["version"] + 1})
    assert (refused.status, refused.body["code"]) == (409, "version_conflict")
    assert (await host.post(path, {"expected_version": session["version"]})).status == 200
    again = await host.post(path, {"expected_version": session["version"]})
    assert (again.status, again.body["code"]) == (409, "version_conflict")
    for wrong in ({"expected_version": "1"}, {"expected_version": -1}, {"version": 1}, []):
        assert (await host.post(path, wrong)).status == 422


async def test_self_pacing_has_no_next(host: Person) -> None:
    session = await started(host, pacing="self")
    assert session["state"] == "open"
    for command in ("next", "close"):
        refused = await host.post(f"/sessions/{session['id']}/{command}")
        assert (refused.status, refused.body["code"]) == (409, "wrong_pacing")


async def test_orders_are_shown_and_the_seed_is_not(host: Person) -> None:
    made = await host.post("/quizzes", quiz())
    path = f"/quizzes/{made.body['id']}/start"
    orders = {"question_order": "participant", "option_order": "session", "latency_allowance_ms": 500}
    session = await host.post(path, {"pacing": "self", **orders})
    assert session.status == 201
    read = await host.get(f"/sessions/{session.body['id']}")
    for shown in (session.body, read.body):
        assert {name: shown[name] for name in orders} == orders
        assert not any("seed" in name for name in shown)
    assert (await host.post(path, {"latency_allowance_ms": 501})).status == 422
    plain = await host.post(path)
    assert plain.body["latency_allowance_ms"] == 0
    assert (plain.body["question_order"], plain.body["option_order"]) == ("authored", "authored")


async def test_what_cannot_be_started_yet_is_refused(host: Person) -> None:
    made = await host.post("/quizzes", quiz())
    path = f"/quizzes/{made.body['id']}/start"
    timed = await host.post(path, {"timing": {"answer_s": 10}})
    assert (timed.status, timed.body["errors"][0]["path"]) == (422, "timing")
    assert "timed pacing" in timed.body["detail"]
    own = await host.post(path, {"question_order": "participant"})
    assert (own.status, own.body["errors"][0]["path"]) == (422, "question_order")
    for wrong in (
        {"option_order": "random"},
        {"pacing": "fast"},
        {"scoring": "golden"},
        {"streak_bonus": "yes"},
        {"penalty_percent": 101},
        {"penalty_percent": -1},
        {"rounds": 3},
    ):
        refused = await host.post(path, wrong)
        assert (refused.status, refused.body["errors"][0]["path"]) == (422, next(iter(wrong)))
    assert (await host.get(f"/quizzes/{made.body['id']}")).body["status"] == "DRAFT"


async def test_only_the_host_controls_a_session(host: Person, people: People) -> None:
    session = await started(host)
    other = await people.user("Eve")
    participant = await joined(other, session)
    path = f"/sessions/{session['id']}"
    kick = f"{path}/participants/{participant['participant_id']}/kick"
    for url in (f"{path}/next", f"{path}/close", f"{path}/end", f"{path}/tickets", kick):
        refused = await other.post(url)
        assert (refused.status, refused.body["code"]) == (403, "forbidden")
        assert (await people.guest().post(url)).status == 401
    refused = await other.get(f"{path}/results")
    assert (refused.status, refused.body["code"]) == (403, "forbidden")
    assert (await host.get(path)).body["version"] == session["version"]


async def test_joining_by_code_and_by_quiz(host: Person, people: People) -> None:
    session = await started(host)
    code = session["join_code"]
    for place in (code, f"{code[:3]}-{code[3:]}", f"{code[:3]} {code[3:]}", session["quiz_id"]):
        reply = await people.guest().post(f"/users/quizzes/{place}/join")
        assert reply.status == 201, reply.text
        assert reply.body["session_id"] == session["id"]
        assert reply.body["nickname"]
        assert reply.body["ws_url"] == f"ws://localhost/ws?s={session['id']}"
        ticket = read_ticket(SECRET, reply.body["ticket"])
        assert (ticket.session_id, ticket.participant_id) == (session["id"], reply.body["participant_id"])
    board = await people.guest().get(f"/sessions/{session['id']}/leaderboard")
    assert len(board.body["entries"]) == 4
    assert {(entry["score"], entry["rank"]) for entry in board.body["entries"]} == {(0, 1)}


async def test_the_id_of_a_public_quiz_is_no_invitation(host: Person, people: People) -> None:
    made = (await host.post("/quizzes", quiz() | {"visibility": "public"})).body
    session = (await host.post(f"/quizzes/{made['id']}/start")).body
    stranger = await people.user("Stranger")
    listed = (await stranger.get("/quizzes?scope=public&status=STARTED")).body["items"]
    assert [item["id"] for item in listed] == [made["id"]]
    for who in (stranger, people.guest()):
        refused = await who.post(f"/users/quizzes/{made['id']}/join")
        assert (refused.status, refused.body["code"]) == (403, "join_code_needed")
        assert session["join_code"] not in refused.text
        assert (await who.post(f"/users/quizzes/{session['join_code']}/join")).status == 201
    assert (await host.post(f"/users/quizzes/{made['id']}/join")).status == 201


async def test_a_nickname_is_taken_once_also_by_its_twins(host: Person, people: People) -> None:
    session = await started(host)
    await joined(people.guest(), session, "Zoë")
    for twin in ("Zoë", "ZOË", " Zo\u200bë ", "Zoe\u0308"):
        refused = await people.guest().post(f"/users/quizzes/{session['join_code']}/join", {"nickname": twin})
        assert (refused.status, refused.body["code"]) == (409, "nickname_taken")
    for bad in ("", "   ", "\u200b", "x" * 33):
        refused = await people.guest().post(f"/users/quizzes/{session['join_code']}/join", {"nickname": bad})
        assert (refused.status, refused.body["code"]) == (422, "nickname_invalid")


async def test_a_bad_token_is_not_a_guest(host: Person, people: People) -> None:
    session = await started(host)
    headers = {"Authorization": "Bearer nonsense"}
    refused = await people.guest().post(f"/users/quizzes/{session['join_code']}/join", headers=headers)
    assert (refused.status, refused.body["code"]) == (401, "unauthenticated")


async def test_an_ended_session_cannot_be_joined(host: Person, people: People) -> None:
    session = await started(host)
    assert (await host.post(f"/sessions/{session['id']}/end")).status == 200
    by_quiz = await people.guest().post(f"/users/quizzes/{session['quiz_id']}/join")
    assert (by_quiz.status, by_quiz.body["code"]) == (409, "session_ended")
    by_code = await people.guest().post(f"/users/quizzes/{session['join_code']}/join")
    assert (by_code.status, by_code.body["code"]) == (404, "not_found")


async def test_joining_is_told_to_the_gateways_and_coming_back_keeps_the_score(
    host: Person, people: People, app: Quart
) -> None:
    services = services_of(app)
    session = await started(host)
    listener = await services.nats.subscribe(subjects.leaderboard(session["id"]))
    user = await people.user("Ada")
    first = await joined(user, session, "Ada")
    delta = decode((await listener.next_msg(timeout=5)).data, BoardDelta)
    assert [(e.participant_id, e.score, e.nickname) for e in delta.entries] == [
        (first["participant_id"], 0, "Ada")
    ]
    question_id = (await host.get(f"/quizzes/{session['quiz_id']}")).body["questions"][0]["id"]
    record(services, session["id"], first["participant_id"], question_id)
    again = await joined(user, session, "Somebody else")
    assert (again["participant_id"], again["nickname"]) == (first["participant_id"], "Ada")
    assert again["resume_token"] != first["resume_token"]
    delta = decode((await listener.next_msg(timeout=5)).data, BoardDelta)
    assert [(e.participant_id, e.score, e.time_ms) for e in delta.entries] == [
        (first["participant_id"], 1, 1500)
    ]


async def test_somebody_kicked_is_off_the_board_and_stays_out(host: Person, people: People) -> None:
    session = await started(host)
    user = await people.user("Eve")
    participant = await joined(user, session)
    stays = await joined(people.guest(), session, "Bob")
    path = f"/sessions/{session['id']}"
    kicked = await host.post(f"{path}/participants/{participant['participant_id']}/kick")
    assert kicked.status == 200, kicked.text
    board = (await host.get(f"{path}/leaderboard")).body
    assert [entry["participant_id"] for entry in board["entries"]] == [stays["participant_id"]]
    refused = await user.post(f"/users/quizzes/{session['join_code']}/join")
    assert (refused.status, refused.body["code"]) == (409, "kicked")
    other_session = await started(host)
    other = await host.post(f"/sessions/{other_session['id']}/participants/{stays['participant_id']}/kick")
    assert (other.status, other.body["code"]) == (404, "not_found")


async def test_leaderboard_and_results_survive_the_loss_of_redis(
    host: Person, people: People, app: Quart
) -> None:
    services = services_of(app)
    session = await started(host)
    path = f"/sessions/{session['id']}"
    names = {
        n: (await joined(people.guest(), session, n))["participant_id"] for n in ("=Ada", "Bob", "Cy", "Dee")
    }
    question_id = (await host.get(f"/quizzes/{session['quiz_id']}")).body["questions"][0]["id"]
    await host.post(f"{path}/next")
    wrong = {"option": "A", "correct": False, "points": 0}
    given = {"=Ada": {"elapsed_ms": 900}, "Bob": {"elapsed_ms": 800}, "Cy": wrong}
    for name, values in given.items():
        record(services, session["id"], names[name], question_id, **values)

    # While the question is open nobody sees who was right.
    board = (await people.guest().get(f"{path}/leaderboard")).body
    assert {(e["score"], e["rank"], e["time_ms"]) for e in board["entries"]} == {(0, 1, 0)}
    assert (await host.post(f"{path}/close")).status == 200
    expected = [("Bob", 1, 1), ("=Ada", 1, 1), ("Cy", 0, 3), ("Dee", 0, 3)]
    board = (await people.guest().get(f"{path}/leaderboard")).body
    assert [(e["nickname"], e["score"], e["rank"]) for e in board["entries"][:2]] == expected[:2]
    assert sorted((e["nickname"], e["score"], e["rank"]) for e in board["entries"]) == sorted(expected)
    # Before the persistence workers have stored anything, results are complete already.
    fresh = (await host.get(f"{path}/results")).body

    recorded = scoreboard.answers_of_question(
        services.redis, session["id"], question_id, list(names.values())
    )
    rows = [AnswerRow(session["id"], *answer) for answer in recorded.values()]
    await services.pool.run(answers.insert_many, rows)
    live.forget(services.redis, session["id"])
    rebuilt = (await people.guest().get(f"{path}/leaderboard")).body
    assert rebuilt["entries"] == board["entries"]
    assert rebuilt["epoch"] != board["epoch"]
    live.forget(services.redis, session["id"])

    results = (await host.get(f"{path}/results")).body
    assert results == fresh
    (outcome,) = results["questions"]
    assert (outcome["counts"], outcome["correct_option"], outcome["answers"]) == ({"A": 1, "B": 2}, "B", 3)
    assert outcome["median_time_ms"] == 900
    answered = {p["nickname"]: p["answers"] for p in results["participants"]}
    assert answered["Bob"] == [
        {
            "question_id": question_id,
            "option": "B",
            "correct": True,
            "points": 1,
            "elapsed_ms": 800,
            "latency_ms": 0,
        }
    ]
    assert answered["Dee"] == []

    sheet = await host.get(f"{path}/results", headers={"Accept": "text/csv"})
    assert sheet.headers["Content-Type"] == "text/csv; charset=utf-8"
    nicknames = {row["nickname"] for row in csv.DictReader(io.StringIO(sheet.text))}
    assert nicknames == {"'=Ada", "Bob", "Cy", "Dee"}
    odd = await host.get(f"{path}/results", headers={"Accept": "image/png"})
    assert (odd.status, odd.body["code"]) == (406, "not_acceptable")


async def test_tickets_for_host_and_screen(host: Person) -> None:
    session = await started(host)
    path = f"/sessions/{session['id']}/tickets"
    for body, role in ((..., "host"), ({"role": "host"}, "host"), ({"role": "screen"}, "screen")):
        reply = await host.post(path, body)
        assert reply.status == 201
        ticket = read_ticket(SECRET, reply.body["ticket"])
        assert (ticket.session_id, ticket.participant_id, ticket.role) == (session["id"], None, role)
    assert (await host.post(path, {"role": "participant"})).status == 422


async def test_a_running_session_does_not_see_later_changes_of_its_quiz(host: Person, app: Quart) -> None:
    session = await started(host, question("before"))
    await host.put(f"/quizzes/{session['quiz_id']}", quiz(question("after"), question("more")))
    assert (await host.delete(f"/quizzes/{session['quiz_id']}")).status == 204
    loaded = live.load(services_of(app).redis, session["id"])
    assert loaded is not None
    assert [q["title"] for q in msgspec.json.decode(loaded.quiz)["questions"]] == ["before"]
    results = await host.get(f"/sessions/{session['id']}/results")
    assert [q["title"] for q in results.body["questions"]] == ["before"]


async def test_a_running_session_does_not_notice_what_becomes_of_its_quiz(
    host: Person, people: People
) -> None:
    session = await started(host, question("one", explanation="old"), question("two"))
    quiz_path, path = f"/quizzes/{session['quiz_id']}", f"/sessions/{session['id']}"
    guest = await joined(people.guest(), session, "Ann")
    before = (await host.get(quiz_path)).body["questions"]
    ids = [one["id"] for one in before]
    assert (await host.put(f"{quiz_path}/order", {"question_ids": ids[::-1]})).status == 200
    assert (await host.put(quiz_path, quiz(question("new", id=ids[0]), title="Changed"))).status == 200
    assert (await host.delete(quiz_path)).status == 204
    opened = await host.post(f"{path}/next")
    assert (opened.status, opened.body["state"], opened.body["question_count"]) == (200, "open", 2)
    await host.post(f"{path}/end")
    await host.post(f"{path}/end")
    assert (await host.get(path)).body["state"] == "ended"
    results = (await host.get(f"{path}/results")).body
    assert [one["title"] for one in results["questions"]] == ["one", "two"]
    board = (await host.get(f"{path}/leaderboard")).body
    assert [one["participant_id"] for one in board["entries"]] == [guest["participant_id"]]


async def test_a_start_that_is_repeated_with_its_key_starts_one_session(host: Person, app: Quart) -> None:
    quiz_id = (await host.post("/quizzes", quiz())).body["id"]
    key = {"Idempotency-Key": "start"}
    first = await host.post(f"/quizzes/{quiz_id}/start", headers=key)
    again = await host.post(f"/quizzes/{quiz_id}/start", headers=key)
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    await host.post(f"/sessions/{first.body['id']}/end")
    await host.delete(f"/quizzes/{quiz_id}")
    last = await host.post(f"/quizzes/{quiz_id}/start", headers=key)
    assert (last.status, last.body["id"], last.body["state"]) == (201, first.body["id"], "ended")
    other = await host.post(f"/quizzes/{quiz_id}/start", {"pacing": "self"}, headers=key)
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")


async def test_a_start_whose_worker_did_not_answer_is_taken_up_again(
    host: Person, app: Quart, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiz_id = (await host.post("/quizzes", quiz())).body["id"]
    key = {"Idempotency-Key": "start"}
    monkeypatch.setattr("web.commands.TIMEOUT_S", 0.0)
    late = await host.post(f"/quizzes/{quiz_id}/start", headers=key)
    assert (late.status, late.body["code"]) == (504, "command_timeout")
    monkeypatch.undo()
    again = await host.post(f"/quizzes/{quiz_id}/start", headers=key)
    assert (again.status, again.body["state"]) == (201, "lobby")
    count = "SELECT count(*) FROM sessions WHERE quiz_id = %s"
    pool = services_of(app).pool
    assert await pool.run(lambda: pool.database.execute_sql(count, (quiz_id,)).fetchone()[0]) == 1
