"""What admins see and do of a whole site. Who may is in the authorization matrix."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from quart import Quart

from bus import subjects
from db import users
from tests.web.api.test_sessions import started
from tests.web.people import PASSWORD, People, Person
from web.services import services_of


@pytest_asyncio.fixture
async def admin(app: Quart, people: People) -> Person:
    """An admin."""
    person = await people.user("Root")
    await services_of(app).pool.run(users.grant, await id_of(person), "admin")
    return person


async def id_of(person: Person) -> str:
    return str((await person.get("/users/profile")).body["id"])


@pytest_asyncio.fixture
async def letters(app: Quart) -> AsyncIterator[list[int]]:
    """Three dead letters, and no others; what is sent back is taken away afterwards."""
    js = services_of(app).js
    await js.purge_stream(subjects.DEAD_LETTERS)
    await js.purge_stream(subjects.SUBMISSIONS)
    seqs = []
    for queue, payload in (("scoring", b"\x91\xa1a"), ("control", b'{"args": []}'), ("scoring", b"\xff")):
        headers = {"Dead-Queue": queue, "Dead-Subject": "submissions.0", "Dead-Stream": "SUBMISSIONS"}
        headers |= {"Dead-Reason": "failed", "Dead-Error": "ValueError: no", "Request-Id": "r"}
        seqs.append((await js.publish(subjects.dead(queue), payload, headers=headers)).seq)
    yield seqs
    await js.purge_stream(subjects.DEAD_LETTERS)
    await js.purge_stream(subjects.SUBMISSIONS)


async def test_users_are_found_by_the_beginning_of_their_address_or_name(
    admin: Person, people: People
) -> None:
    ada, percent = await people.user("Ada Lovelace"), await people.user("100% Ada")

    async def found(text: str) -> list[str]:
        page = (await admin.get("/admin/users", query_string={"text": text})).body
        return [user["email"] for user in page["items"]]

    assert await found("ada love") == [ada.email]
    assert await found(ada.email.upper()[:9]) == [ada.email] or ada.email in await found(ada.email[:9])
    assert await found("100% a") == [percent.email]
    assert await found("1_0") == []
    assert await found("lovelace") == []
    everybody = (await admin.get("/admin/users?limit=2")).body
    assert [user["email"] for user in everybody["items"]] == [percent.email, ada.email]
    rest = (await admin.get(f"/admin/users?limit=2&cursor={everybody['next_cursor']}")).body
    assert ([user["email"] for user in rest["items"]], rest["next_cursor"]) == ([admin.email], None)
    assert (await admin.get("/admin/users?cursor=nonsense")).body["code"] == "invalid_cursor"


async def test_a_user_is_given_a_role_and_banned_and_let_in_again(admin: Person, people: People) -> None:
    ada = await people.user("Ada")
    path = f"/admin/users/{await id_of(ada)}"
    changed = (await admin.put(path, {"role": "participant"})).body
    assert (changed["role"], changed["banned"]) == ("participant", False)
    assert (await ada.post("/quizzes", {"title": "x"})).body["code"] == "host_role_needed"
    assert (await admin.put(path, {"banned": True})).body["banned"] is True
    assert (await ada.get("/users/profile")).status == 401
    login = {"email": ada.email, "password": PASSWORD}
    assert (await people.guest().post("/users/login", login)).body["code"] == "account_banned"
    assert (await admin.put(path, {"banned": False})).body == changed
    assert (await people.guest().post("/users/login", login)).status == 200
    assert (await admin.put("/admin/users/0198f3c2-6f5e-7b1a-9c3d-2f4e6a8b0c1d", {})).status == 404


async def test_nobody_takes_the_admin_role_from_themselves(admin: Person) -> None:
    path = f"/admin/users/{await id_of(admin)}"
    for change in ({"role": "host"}, {"banned": True}):
        assert (await admin.put(path, change)).body["code"] == "own_account"
    assert (await admin.put(path, {"role": "admin"})).status == 200


@pytest.mark.usefixtures("control_worker")
async def test_everybodys_sessions_are_listed_and_ended(admin: Person, host: Person, people: People) -> None:
    other = await people.user("Other")
    first, second = await started(host), await started(other)
    listed = (await admin.get("/admin/sessions?limit=1")).body
    rest = (await admin.get(f"/admin/sessions?cursor={listed['next_cursor']}")).body
    assert [item["id"] for item in listed["items"] + rest["items"]] == [second["id"], first["id"]]
    over = await admin.post(f"/admin/sessions/{first['id']}/end")
    assert (over.body["state"], over.body["ended_at"] is None) == ("ended", False)
    assert [item["id"] for item in (await admin.get("/admin/sessions")).body["items"]] == [second["id"]]
    ended = (await admin.get("/admin/sessions?state=ended")).body["items"]
    assert [item["id"] for item in ended] == [first["id"]]
    again = await admin.post(f"/admin/sessions/{first['id']}/end")
    assert (again.status, again.body["code"]) == (409, "session_ended")


async def test_queues_are_shown(admin: Person, letters: list[int]) -> None:
    found = {queue["name"]: queue for queue in (await admin.get("/admin/queues")).body["items"]}
    assert found.keys() >= {"control", "scoring", "persistence", "background"}
    assert found["scoring"]["dead_letters"] == 2
    assert found["scoring"]["paused"] is False


async def test_dead_letters_are_listed_sent_back_and_dropped(
    app: Quart, admin: Person, letters: list[int]
) -> None:
    async def listed(query: str = "") -> list[int]:
        items = (await admin.get(f"/admin/dead-letters{query}")).body["items"]
        return [item["seq"] for item in items]

    first, second, third = letters
    assert await listed("?queue=scoring") == [first, third]
    page = (await admin.get("/admin/dead-letters?limit=2")).body
    assert await listed(f"?cursor={page['next_cursor']}") == [third]
    shown = (await admin.get(f"/admin/dead-letters/{first}")).body
    assert (shown["content"], shown["headers"]) == (["a"], {"Request-Id": "r"})
    assert (shown["reason"], shown["error"]) == ("failed", "ValueError: no")
    assert (await admin.get(f"/admin/dead-letters/{third}")).body["content"] == {"base64": "/w=="}
    assert (await admin.post(f"/admin/dead-letters/{first}/retry")).body["seq"] == first
    assert (await services_of(app).js.stream_info(subjects.SUBMISSIONS)).state.messages == 1
    assert (await admin.delete(f"/admin/dead-letters/{second}")).status == 204
    assert await listed() == [third]
    for gone in (str(first), "0", "x", "9" * 30):
        assert (await admin.get(f"/admin/dead-letters/{gone}")).status == 404, gone
        assert (await admin.post(f"/admin/dead-letters/{gone}/retry")).status == 404, gone
    assert (await admin.get("/admin/dead-letters?queue=a.b")).status == 422


async def test_a_dead_letter_from_nowhere_cannot_be_sent_back(app: Quart, admin: Person) -> None:
    seq = (await services_of(app).js.publish(subjects.dead("scoring"), b"x")).seq
    refused: Any = await admin.post(f"/admin/dead-letters/{seq}/retry")
    assert (refused.status, refused.body["code"]) == (409, "not_retryable")
    assert (await admin.delete(f"/admin/dead-letters/{seq}")).status == 204
