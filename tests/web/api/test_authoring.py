"""Editing with entity tags, copies, order, tags, search, and who may do what."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from quart import Quart

from db import idempotency, sessions
from db.models import database
from tests.web.people import PASSWORD, People, Person, question, quiz
from web.services import services_of

QUESTIONS = (question("one", explanation="because"), question("two"), question("three"))


async def made(host: Person, **more: Any) -> dict[str, Any]:
    reply = await host.post("/quizzes", quiz(*QUESTIONS) | more)
    assert reply.status == 201, reply.text
    return reply.body  # type: ignore[no-any-return]


async def admin_of(people: People, app: Quart) -> Person:
    admin = await people.user("Root")
    profile = await admin.get("/users/profile")
    grant = "UPDATE users SET role = 'admin' WHERE id = %s"
    await services_of(app).pool.run(database.execute_sql, grant, (profile.body["id"],))
    again = await admin.post("/users/login", {"email": admin.email, "password": PASSWORD})
    admin.token = again.body["access_token"]
    return admin


async def test_tags_and_visibility_come_back_clean(host: Person) -> None:
    body = await made(host, tags=[" #Maths ", "maths", "Général  Knowledge"], visibility="public")
    assert (body["tags"], body["visibility"]) == (["maths", "général knowledge"], "public")
    (item,) = (await host.get("/quizzes")).body["items"]
    assert (item["tags"], item["visibility"], item["owner_id"]) == (body["tags"], "public", body["owner_id"])
    plain = await host.put(f"/quizzes/{body['id']}", quiz())
    assert (plain.body["tags"], plain.body["visibility"]) == ([], "private")


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"tags": ["\u200b"]}, "tags[0]"),
        ({"tags": ["ok", "x" * 33]}, "tags[1]"),
        ({"tags": ["a\x00"]}, "tags[0]"),
        ({"tags": [f"t{n}" for n in range(21)]}, "tags"),
        ({"tags": "maths"}, "tags"),
        ({"tags": [1]}, "tags[0]"),
        ({"visibility": "secret"}, "visibility"),
        ({"owner_id": "x"}, "owner_id"),
        ({"revision": 7}, "revision"),
        ({"status": "ENDED"}, "status"),
    ],
)
async def test_what_cannot_be_written_is_refused(host: Person, more: dict[str, Any], path: str) -> None:
    reply = await host.post("/quizzes", quiz() | more)
    assert (reply.status, reply.body["errors"][0]["path"]) == (422, path)


async def test_a_change_made_on_an_old_copy_is_refused(host: Person) -> None:
    body = await made(host)
    path = f"/quizzes/{body['id']}"
    old = (await host.get(path)).headers["ETag"]
    first = await host.put(path, quiz(title="First"), headers={"If-Match": old})
    assert first.status == 200 and first.headers["ETag"] != old
    ids = [one["id"] for one in first.body["questions"]]
    for refused in (
        await host.put(path, quiz(title="Second"), headers={"If-Match": old}),
        await host.put(f"{path}/order", {"question_ids": ids}, headers={"If-Match": old}),
        await host.ask("DELETE", path, headers={"If-Match": old}),
        await host.put(path, quiz(title="Second"), headers={"If-Match": '"never ours"'}),
        await host.put(path, quiz(title="Second"), headers={"If-Match": '"' + "9" * 5000 + '"'}),
        await host.put(path, quiz(title="Second"), headers={"If-Match": ""}),
    ):
        assert (refused.status, refused.body["code"]) == (412, "precondition_failed")
        assert "again" in refused.body["detail"]
    assert (await host.get(path)).body["title"] == "First"
    tags = (f'"x", {first.headers["ETag"]}', "*", f"W/{first.headers['ETag']}")
    for tag in tags[:2]:
        again = await host.put(path, quiz(title="First"), headers={"If-Match": tag})
        assert again.status == 200
    assert (await host.put(path, quiz(title="Any"))).status == 200
    now = (await host.get(path)).headers["ETag"]
    assert (await host.ask("DELETE", path, headers={"If-Match": f"W/{now}"})).status == 204


async def test_a_quiz_that_is_known_is_not_sent_again(host: Person) -> None:
    body = await made(host)
    path = f"/quizzes/{body['id']}"
    first = await host.get(path)
    for tag in (first.headers["ETag"], f"W/{first.headers['ETag']}", f'"x", {first.headers["ETag"]}', "*"):
        known = await host.get(path, headers={"If-None-Match": tag})
        assert (known.status, known.text, known.headers["ETag"]) == (304, "", first.headers["ETag"]), tag
    await host.put(path, quiz())
    assert (await host.get(path, headers={"If-None-Match": first.headers["ETag"]})).status == 200


async def test_every_reply_with_a_quiz_has_its_tag(host: Person) -> None:
    created = await host.post("/quizzes", quiz(*QUESTIONS))
    path = created.headers["Location"]
    assert created.headers["ETag"] == (await host.get(path)).headers["ETag"]
    ids = [one["id"] for one in created.body["questions"]]
    for at, sent in ((f"{path}/order", {"question_ids": ids[::-1]}), (path, quiz())):
        reply = await host.put(at, sent)
        assert reply.headers["ETag"] == (await host.get(path)).headers["ETag"]
    copied = await host.post(f"{path}/duplicate")
    assert copied.headers["ETag"] == (await host.get(copied.headers["Location"])).headers["ETag"]


async def test_questions_change_places(host: Person) -> None:
    body = await made(host)
    path, ids = f"/quizzes/{body['id']}/order", [one["id"] for one in body["questions"]]
    reply = await host.put(path, {"question_ids": [ids[2], ids[0], ids[1]]})
    assert (reply.status, [one["title"] for one in reply.body["questions"]]) == (200, ["three", "one", "two"])
    assert (await host.get(f"/quizzes/{body['id']}")).body == reply.body
    for wrong in ([], ids[:2], [*ids, ids[0]], [ids[0]] * 3, ["x", *ids[1:]]):
        refused = await host.put(path, {"question_ids": wrong})
        assert (refused.status, refused.body["code"]) == (422, "invalid_order")
        assert refused.body["errors"][0]["path"] == "question_ids"
    assert (await host.put(path, {"question_ids": "x"})).body["code"] == "validation_failed"


async def test_a_copy_has_the_content_and_nothing_else(host: Person) -> None:
    body = await made(host, tags=["maths"], visibility="public", description="About numbers")
    path = f"/quizzes/{body['id']}/duplicate"
    copied = (await host.post(path)).body
    assert (copied["title"], copied["visibility"], copied["status"]) == (
        "Capitals (copy)",
        "private",
        "DRAFT",
    )
    assert (copied["tags"], copied["description"]) == (["maths"], "About numbers")
    assert [one["explanation"] for one in copied["questions"]] == ["because", None, None]
    assert [one["options"] for one in copied["questions"]] == [one["options"] for one in body["questions"]]
    again = (await host.post(f"/quizzes/{copied['id']}/duplicate")).body
    assert again["title"] == "Capitals (copy 2)"
    assert (await host.post(path, {"title": " Mine "})).body["title"] == "Mine"
    for wrong in ({"title": " "}, {"title": "x" * 201}, {"owner_id": "x"}):
        assert (await host.post(path, wrong)).status == 422
    await host.put(f"/quizzes/{again['id']}", quiz(title="x" * 200))
    assert len((await host.post(f"/quizzes/{again['id']}/duplicate")).body["title"]) == 200


async def test_lists_are_filtered(host: Person, people: People) -> None:
    await made(host, title="Été", tags=["saison"], visibility="public")
    await made(host, title="Winter")
    other = await people.user("Eve")

    async def titles(who: Person, query: str) -> list[str]:
        reply = await who.get(f"/quizzes?{query}")
        assert reply.status == 200, reply.text
        return [item["title"] for item in reply.body["items"]]

    assert await titles(host, "q=ete") == ["Été"]
    assert await titles(host, "q=WINT&status=DRAFT") == ["Winter"]
    assert await titles(host, "status=ENDED") == []
    assert await titles(host, "tag=%23Saison") == ["Été"]
    assert await titles(other, "q=ete") == []
    assert await titles(other, "scope=public&q=ete") == ["Été"]
    assert await titles(other, "scope=public") == ["Été"]
    for wrong in ("scope=all", "status=OPEN", "q=%00", f"q={'x' * 201}"):
        assert (await host.get(f"/quizzes?{wrong}")).status == 422, wrong


async def test_a_public_quiz_hides_its_answers_from_all_but_its_owner(
    host: Person, people: People, app: Quart
) -> None:
    body = await made(host, visibility="public")
    path = f"/quizzes/{body['id']}"
    seen = await (await people.user("Eve")).get(path)
    assert seen.status == 200
    assert [one["title"] for one in seen.body["questions"]] == ["one", "two", "three"]
    assert '"is_correct":true' not in seen.text and "because" not in seen.text
    assert {option["is_correct"] for one in seen.body["questions"] for option in one["options"]} == {None}
    own = await host.get(path)
    assert own.body == body and own.headers["ETag"] != seen.headers["ETag"]
    assert (await (await admin_of(people, app)).get(path)).body == body


async def test_nobody_looks_up_a_public_quiz_that_is_being_played(
    host: Person, people: People, app: Quart
) -> None:
    body = await made(host, visibility="public")
    path, other = f"/quizzes/{body['id']}", await people.user("Eve")
    copied = await other.post(f"{path}/duplicate")
    assert copied.status == 201
    pool = services_of(app).pool
    # Played by the one who copied it: the original tells as much.
    played = await pool.run(
        sessions.create, copied.body["id"], copied.body["owner_id"], b'{"questions": [{}]}', "host", "flat"
    )
    third = await people.user("Mallory")
    for reply in (await third.get(path), await third.post(f"{path}/duplicate")):
        assert (reply.status, reply.body["code"], reply.body["retryable"]) == (409, "quiz_in_session", True)
    assert (await host.get(path)).status == 200
    assert (await host.post(f"{path}/duplicate")).status == 201
    await pool.run(sessions.end, played["id"])
    assert (await third.get(path)).status == 200
    assert (await third.post(f"{path}/duplicate")).status == 201


PRIVATE = {"anonymous": 401, "other": 404, "owner": 2, "admin": 2}
PUBLIC = PRIVATE | {"other": 403}
OPEN = PRIVATE | {"other": 2}


@pytest.mark.parametrize("who", ["anonymous", "other", "owner", "admin"])
@pytest.mark.parametrize("visibility", ["private", "public"])
async def test_who_may_do_what(host: Person, people: People, app: Quart, who: str, visibility: str) -> None:
    body = await made(host, visibility=visibility)
    path, ids = f"/quizzes/{body['id']}", [one["id"] for one in body["questions"]]
    people_by_name = {"anonymous": people.guest(), "owner": host}
    if who == "other":
        people_by_name[who] = await people.user("Eve")
    elif who == "admin":
        people_by_name[who] = await admin_of(people, app)
    person = people_by_name[who]
    shut = PRIVATE if visibility == "private" else PUBLIC
    shown = PRIVATE if visibility == "private" else OPEN
    for method, at, sent, expected in (
        ("GET", path, ..., shown),
        ("POST", f"{path}/duplicate", ..., shown),
        ("PUT", f"{path}/order", {"question_ids": ids}, shut),
        ("PUT", path, quiz() | {"visibility": visibility}, shut),
        ("DELETE", path, ..., shut),
    ):
        reply = await person.ask(method, at, sent)
        wanted = expected[who]
        assert reply.status == wanted or reply.status // 100 == wanted, (method, at, reply.text)


async def test_the_same_key_makes_one_quiz(host: Person) -> None:
    key = {"Idempotency-Key": "one"}
    first = await host.post("/quizzes", quiz(), headers=key)
    again = await host.post("/quizzes", quiz(), headers=key)
    assert (again.status, again.body) == (first.status, first.body) == (201, first.body)
    assert again.headers["Location"] == first.headers["Location"]
    other = await host.post("/quizzes", quiz(title="Other"), headers=key)
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    copies = [
        await host.post(f"/quizzes/{first.body['id']}/duplicate", headers={"Idempotency-Key": "two"})
        for _ in "ab"
    ]
    assert copies[0].status == 201 and copies[0].body == copies[1].body
    moved = await host.post(f"/quizzes/{copies[0].body['id']}/duplicate", headers={"Idempotency-Key": "two"})
    assert (moved.status, moved.body["code"]) == (422, "idempotency_key_reused")
    assert len((await host.get("/quizzes")).body["items"]) == 2


async def test_keys_of_others_are_others(host: Person, people: People) -> None:
    key = {"Idempotency-Key": "one"}
    first = await host.post("/quizzes", quiz(), headers=key)
    theirs = await (await people.user("Eve")).post("/quizzes", quiz(title="Other"), headers=key)
    assert theirs.status == 201 and theirs.body["id"] != first.body["id"]


async def test_what_was_refused_may_be_corrected_under_its_key(host: Person) -> None:
    key = {"Idempotency-Key": "one"}
    assert (await host.post("/quizzes", {}, headers=key)).status == 422
    assert (await host.post("/quizzes", quiz(), headers=key)).status == 201
    # What was deleted stays deleted: the key still names it.
    made_at = (await host.post("/quizzes", quiz(), headers=key)).headers["Location"]
    await host.delete(made_at)
    for _ in range(2):
        assert (await host.post("/quizzes", quiz(), headers=key)).status == 404


async def test_requests_with_the_same_key_at_the_same_time(host: Person, app: Quart) -> None:
    found = services_of(app)
    key = {"Idempotency-Key": "one"}
    replies = await asyncio.gather(*(host.post("/quizzes", quiz(), headers=key) for _ in range(5)))
    assert {reply.status for reply in replies} <= {201, 409}
    assert len({reply.body["id"] for reply in replies if reply.status == 201}) == 1
    (name,) = found.redis.keys("idempotency:*")
    found.redis.set(f"{name.decode()}:lock", "somebody else's", ex=idempotency.LOCK_TTL_S)
    busy = await host.post("/quizzes", quiz(), headers=key)
    assert (busy.status, busy.body["code"], busy.body["retryable"]) == (409, "idempotency_key_in_use", True)
    assert busy.headers["Retry-After"] == "1"
    assert len((await host.get("/quizzes")).body["items"]) == 1


@pytest.mark.parametrize("key", ["", "x" * 65, "é"])
async def test_a_key_that_cannot_be_is_refused(host: Person, key: str) -> None:
    reply = await host.post("/quizzes", quiz(), headers={"Idempotency-Key": key})
    assert (reply.status, reply.body["errors"][0]["path"]) == (422, "Idempotency-Key")
